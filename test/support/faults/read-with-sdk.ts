import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { startSimulator } from '../../../simulator/http/server.ts';
import { faultCases, pageRule } from './cases.ts';
import { faultWorld } from './run-sync.ts';
import { accountId } from '../simulator.ts';

/** What another client makes of the same events. */
export interface SdkEnd {
  readonly delivered: number;
  readonly callerSees: string;
}

const reader = fileURLToPath(new URL('../../contract/simulator/sfmc-sdk-reader.js', import.meta.url));

/** Limit of the whole reading: the library itself has no time-out. */
const waitMs = 15_000;

/** Lets sfmc-sdk meet each fault once, on a middle page; results by the name of the fault. */
export async function readWithSdk(): Promise<Map<string, SdkEnd>> {
  const world = faultWorld();
  const ends = new Map<string, SdkEnd>();
  for (const one of faultCases) {
    const simulator = await startSimulator({
      world,
      requestIds: 'new',
      faults: [pageRule(one, 'middle', 1)],
    });
    try {
      ends.set(one.name, await readAll(simulator.url, simulator.environment()));
    } finally {
      await simulator.stop();
    }
  }
  return ends;
}

async function readAll(url: string, environment: Record<string, string>): Promise<SdkEnd> {
  const request = {
    url,
    clientId: environment['SFMC_CLIENT_ID'],
    clientSecret: environment['SFMC_CLIENT_SECRET'],
    accountId,
    requests: [
      {
        objectType: 'SentEvent',
        properties: ['SendID', 'SubscriberKey', 'EventDate'],
        parameters: { options: { BatchSize: 20 } },
      },
    ],
  };
  const options = { maxBuffer: 64 * 1_048_576, timeout: waitMs, killSignal: 'SIGKILL' as const };
  try {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [reader, JSON.stringify(request)],
      options,
    );
    const [results] = z.array(z.unknown()).parse(JSON.parse(stdout));
    if (results === null) throw new Error('the library returned no results');
    return { delivered: Array.isArray(results) ? results.length : 0, callerSees: 'success' };
  } catch (error) {
    return { delivered: 0, callerSees: describeFailure(error) };
  }
}

function describeFailure(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error);
  if ('killed' in error && error.killed === true) return `no end within ${waitMs / 1000} s`;
  const stderr = 'stderr' in error ? String(error.stderr) : '';
  const line = stderr.split('\n').find((one) => /^\w*(Error|Exception)\b/.test(one.trim())) ?? 'an exception';
  return `throws ${line.trim().slice(0, 80)}`;
}
