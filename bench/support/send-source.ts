import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { request } from 'undici';
import { z } from 'zod';
import { endingWithUs } from './children.ts';
import { cpuSecondsOf } from '../cpu/cpu-seconds.ts';

export const sourceOptionsShape = z.object({
  /** List sends of the one account. */
  jobs: z.number(),
  /** Mails of each. */
  mails: z.number(),
  /** From the request's arrival to the response's departure, rendering included. */
  latencyMs: z.number().default(0),
  /** Whether each job's events are rendered once, before anything is asked, and sent again from then on. */
  isRemembering: z.boolean().default(true),
});

const countsShape = z.object({
  remembered: z.number(),
  passedOn: z.number(),
  /** Responses that were not ready when they were due. */
  late: z.number(),
  cpuSeconds: z.number(),
});

/** A Marketing Cloud of plain list sends in a process of its own, whose responses cost next to nothing when repeated. */
export interface SendSource {
  readonly environment: Readonly<Record<string, string>>;
  readonly url: string;
  counts(): Promise<z.infer<typeof countsShape>>;
  /** Since its start; not a number where it cannot be read. */
  cpuSeconds(): number;
  stop(): Promise<void>;
}

export async function startSendSource(options: z.input<typeof sourceOptionsShape>): Promise<SendSource> {
  const file = path.join(import.meta.dirname, 'send-source-server.ts');
  const child = endingWithUs(
    spawn(process.execPath, [file, JSON.stringify(options)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  );
  for await (const line of createInterface({ input: child.stdout })) {
    const environment = z.record(z.string(), z.string()).parse(JSON.parse(line));
    const url = environment['SFMC_SOAP_URL'] ?? '';
    return {
      environment,
      url,
      counts: async () => {
        const response = await request(`${url}/_source`, { method: 'POST' });
        return countsShape.parse(await response.body.json());
      },
      cpuSeconds: () => cpuSecondsOf(child.pid),
      stop: async () => {
        child.kill('SIGTERM');
        await once(child, 'exit');
      },
    };
  }
  throw new Error('the source ended before it served');
}
