import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { Environment } from '../../config/environment.ts';
import { type Child, startChild } from './child-process.ts';

export interface DemoSimulator {
  readonly child: Child;
  readonly url: string;
  /** Settings that point the other commands at it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Its faults, in words. */
  readonly faults: readonly string[];
}

// Early enough to happen in this short run, late enough to interrupt windows in progress.
const faultRules = [
  {
    match: { objectType: 'OpenEvent' },
    skip: 3,
    fault: {
      kind: 'error',
      text: 'Timeout expired.  The timeout period elapsed prior to completion of the operation or the server is not responding.',
    },
  },
  { match: { objectType: 'SentEvent' }, skip: 5, fault: { kind: 'reset-mid-body' } },
];

const faultsForReaders = [
  '  - one Retrieve of opens returns 200 OK with "Error: Timeout expired…" inside,',
  '  - one response with sent events breaks off in the middle.',
];

/** Starts the simulator as a child process, with faults prepared. */
export async function startDemoSimulator(options: {
  readonly dir: string;
  readonly env: Environment;
  readonly signal: AbortSignal;
}): Promise<DemoSimulator> {
  const { dir, env, signal } = options;
  const faultFile = path.join(dir, 'faults.json');
  await writeFile(faultFile, JSON.stringify(faultRules));
  const args = [
    '--port',
    '0',
    '--jobs',
    '4',
    '--events',
    '3000',
    '--machines',
    '--faults',
    faultFile,
    '--json',
  ];
  const child = startChild('simulator', args, { cwd: dir, env, streams: 'pipe-stdout', signal });
  try {
    const environment = z.record(z.string(), z.string()).parse(JSON.parse(await firstLine(child)));
    const url = new URL(environment['SFMC_SOAP_URL'] ?? '').origin;
    return { child, url, environment, faults: faultsForReaders };
  } catch (error) {
    await child.stop();
    signal.throwIfAborted();
    throw error;
  }
}

async function firstLine(child: Child): Promise<string> {
  const { stdout } = child.process;
  if (stdout === null) throw new Error('the simulator was started without a pipe');
  for await (const line of createInterface({ input: stdout })) return line;
  throw new Error(`the simulator ended before it could serve (exit code ${await child.exit})`);
}
