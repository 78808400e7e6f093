import { settings } from './sync.bench.ts';
import { withClient } from './support/postgres.ts';
import type { BenchServer } from './support/postgres.ts';
import { runProduct, startSimulatorProcess } from './support/product.ts';
import type { Bench } from './support/report.ts';
import { valueRow } from './support/report.ts';

const concurrency = 8;
/** The one list send of a simulated world of one job. */
const jobId = '1543003';

interface Form {
  readonly latencyMs: number;
  readonly pageSize: number;
  readonly events: number;
  /** One cursor is slow: in the quick form it reads a smaller job, and rates are compared. */
  readonly eventsOfOneCursor: number;
}

const quick: Form = { latencyMs: 50, pageSize: 20, events: 32_000, eventsOfOneCursor: 2000 };
const full: Form = { latencyMs: 300, pageSize: 2500, events: 5_000_000, eventsOfOneCursor: 500_000 };

/** What waiting costs: one job of many windows, each answer so late, eight requests in flight. */
export const latency: Bench = {
  name: 'latency',
  needsPostgres: true,
  async run({ isFull, server }) {
    const form = isFull ? full : quick;
    const many = await timed(form, form.events, concurrency, server);
    const one = await timed(form, form.eventsOfOneCursor, 1, server);
    const idealSeconds = (many.requests * form.latencyMs) / 1000 / concurrency;
    const note = `${many.requests} requests in ${many.windows} windows, ${form.latencyMs} ms each, ${many.seconds.toFixed(1)} s`;
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
        'requests per second of each',
      ),
    ];
  },
};

/** From the first task taken to the last one settled, by the ledger's clock: the start of the process is not in it. */
async function timed(
  { latencyMs, pageSize }: Form,
  events: number,
  perAccount: number,
  server: BenchServer,
): Promise<{ requests: number; windows: number; seconds: number }> {
  const database = await server.createDatabase();
  const simulator = await startSimulatorProcess([
    '--accounts',
    '7000001',
    '--jobs',
    '1',
    '--events',
    String(events),
    '--latency-ms',
    String(latencyMs),
  ]);
  try {
    const environment = {
      ...simulator.environment,
      ...settings,
      DATABASE_URL: database.url,
      CONCURRENCY_PER_ACCOUNT: String(perAccount),
      PAGE_SIZE: String(pageSize),
    };
    await runProduct(['sync', '--json', '--events', 'sent', '--jobs', jobId], { environment });
    return await withClient(database.url, async (client) => {
      const { rows } = await client.query<{ requests: string; windows: string; seconds: string }>(
        `select sum(requests) as requests, count(*) as windows,
                extract(epoch from max(finished_at) - min(started_at)) as seconds
         from pipeline.extract_tasks where records > 0`,
      );
      const [row] = rows;
      return {
        requests: Number(row?.requests),
        windows: Number(row?.windows),
        seconds: Number(row?.seconds),
      };
    });
  } finally {
    await simulator.stop();
    await database.drop();
  }
}
