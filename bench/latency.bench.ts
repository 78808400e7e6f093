import { settings } from './sync.bench.ts';
import { withClient } from './support/postgres.ts';
import type { BenchServer } from './support/postgres.ts';
import { runProduct } from './support/product.ts';
import type { Bench } from './support/report.ts';
import { valueRow } from './support/report.ts';
import { startSendSource } from './support/send-source.ts';

export interface LateSource {
  readonly latencyMs: number;
  readonly pageSize: number;
}

interface Form extends LateSource {
  readonly events: number;
  /** One cursor is slow: it reads a smaller job, and requests per second are compared. */
  readonly eventsOfOneCursor: number;
}

const slots = 8;
const quick: Form = { latencyMs: 50, pageSize: 20, events: 16_000, eventsOfOneCursor: 1000 };
const full: Form = { latencyMs: 300, pageSize: 2500, events: 5_000_000, eventsOfOneCursor: 500_000 };

/** What waiting costs: one job of many windows, each answer so late, eight requests in flight. */
export const latency: Bench = {
  name: 'latency',
  needsPostgres: true,
  async run({ isFull, server }) {
    const form = isFull ? full : quick;
    const many = await readLate(form, form.events, slots, server);
    const one = await readLate(form, form.eventsOfOneCursor, 1, server);
    const idealSeconds = (many.requests * form.latencyMs) / 1000 / slots;
    const note =
      `${many.requests} requests in ${many.windows} windows, ${form.latencyMs} ms each, ${many.seconds.toFixed(1)} s; ` +
      `${many.late} answers left late; the source used ${(many.sourceCpuSeconds / many.seconds).toFixed(2)} cores`;
    return [
      valueRow(
        'eight side by side, against the ideal schedule',
        'x',
        idealSeconds / many.seconds,
        { least: 0.9, aim: 0.97 },
        note,
      ),
      valueRow(
        'eight side by side, against one cursor',
        'x',
        many.requests / many.seconds / (one.requests / one.seconds),
        { least: 6, aim: 7.5 },
        `requests per second of each; the one cursor sent ${one.requests}`,
      ),
    ];
  },
};

export interface LateReading {
  readonly requests: number;
  readonly windows: number;
  readonly seconds: number;
  /** Answers the source had not rendered when they were due: its delay, not ours. */
  readonly late: number;
  readonly sourceCpuSeconds: number;
}

/** From the first task taken to the last one settled, by the ledger's clock: the start of the process is not in it. */
export async function readLate(
  { latencyMs, pageSize }: LateSource,
  events: number,
  inFlight: number,
  server: BenchServer,
): Promise<LateReading> {
  const database = await server.createDatabase();
  const source = await startSendSource({ jobs: 1, mails: events, latencyMs, isRemembering: false });
  try {
    const environment = {
      ...{ ...source.environment, ...settings, DATABASE_URL: database.url },
      CONCURRENCY_PER_ACCOUNT: String(inFlight),
      PAGE_SIZE: String(pageSize),
    };
    const before = await source.counts();
    await runProduct(['sync', '--json', '--events', 'sent'], { environment });
    const { late, cpuSeconds } = await source.counts();
    const sourceCpuSeconds = cpuSeconds - before.cpuSeconds;
    return await withClient(database.url, async (client) => {
      const { rows } = await client.query<Record<'requests' | 'windows' | 'seconds' | 'events', string>>(
        `select sum(requests) as requests, count(*) as windows,
                extract(epoch from max(finished_at) - min(started_at)) as seconds,
                (select count(*) from tracking.sent_events) as events
         from pipeline.extract_tasks where records > 0`,
      );
      const [row] = rows;
      if (Number(row?.events) < 0.99 * events) throw new Error(`${row?.events} of ${events} events arrived`);
      const figures = {
        requests: Number(row?.requests),
        windows: Number(row?.windows),
        seconds: Number(row?.seconds),
      };
      return { ...figures, late, sourceCpuSeconds };
    });
  } finally {
    await source.stop();
    await database.drop();
  }
}
