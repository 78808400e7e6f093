import path from 'node:path';
import { request } from 'undici';
import { z } from 'zod';
import { startServing } from '../processes/children.ts';

/** The JobID of the first job; the others follow. */
export const firstJobId = 1_600_000;

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
  const { line, ...server } = await startServing(file, [JSON.stringify(options)]);
  const environment = z.record(z.string(), z.string()).parse(JSON.parse(line));
  const url = environment['SFMC_SOAP_URL'] ?? '';
  return {
    ...{ environment, url },
    ...server,
    counts: async () => {
      const response = await request(`${url}/_source`, { method: 'POST' });
      return countsShape.parse(await response.body.json());
    },
  };
}
