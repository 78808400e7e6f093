import { performance } from 'node:perf_hooks';
import { figureOf } from './measure.ts';
import { copyIn, copyOut } from './support/copy-in.ts';
import { recordsPerPage } from './support/events.ts';
import { withClient } from './support/postgres.ts';
import { runProduct, startSimulatorProcess } from './support/product.ts';
import { type Bench, ratioRow, valueRow } from './support/report.ts';
import { makeTwin } from './support/tables.ts';

const tables = ['sent_events', 'open_events', 'click_events'] as const;

/** A whole sync as an operator runs it, against the simulator, beside raw COPY of the very rows it loaded. */
export const sync: Bench = {
  name: 'sync',
  needsPostgres: true,
  async run({ isFull, rounds: given, server }) {
    const rounds = given ?? (isFull ? 5 : 2);
    const size = isFull ? ['--jobs', '8', '--events', '100000'] : ['--jobs', '2', '--events', '40000'];
    const simulator = await startSimulatorProcess(['--accounts', '7000001', ...size]);
    const [loaded, ended, rates]: [number[], number[], number[]] = [[], [], []];
    const cpu: number[] = [];
    const memory: number[] = [];
    try {
      // The first sync only makes the simulator's world.
      for (let round = 0; round <= rounds; round += 1) {
        const database = await server.createDatabase();
        const environment = { ...simulator.environment, DATABASE_URL: database.url, ...settings };
        const startedAtMs = Date.now();
        const run = await runProduct(['sync', '--json'], { environment });
        const loadSeconds = ((await withClient(database.url, lastEventsAtMs)) - startedAtMs) / 1000;
        const { rows, seconds } = await withClient(database.url, copyAgain);
        if (round > 0) {
          loaded.push(seconds / loadSeconds);
          ended.push(seconds / run.seconds);
          rates.push(rows / loadSeconds);
          cpu.push((run.cpuSeconds / rows) * 1e6);
          memory.push(run.peakRssMb);
        }
        await database.drop();
      }
    } finally {
      await simulator.stop();
    }
    return [
      ratioRow(
        'whole sync, from process start until all events are in, against raw COPY',
        figureOf(loaded),
        isFull ? { least: 0.55, aim: 0.7 } : {},
      ),
      ratioRow(
        'whole sync, from process start to its end, rollups included, against raw COPY',
        figureOf(ended),
        {},
      ),
      {
        label: 'whole sync, until all events are in',
        unit: 'events/s',
        ...figureOf(rates),
        note: `the simulator renders each page anew; ${rounds} rounds`,
      },
      { label: 'CPU of the process', unit: 'µs/event', ...figureOf(cpu) },
      valueRow('peak resident memory', 'MB', Math.max(...memory)),
    ];
  },
};

/** The default of 600 a minute protects an account; here it would be all that is measured. */
export const settings = {
  REQUESTS_PER_MINUTE: '1000000',
  LOG_LEVEL: 'warn',
  // As in the recorded results: the other types add requests, and few events.
  EVENT_TYPES: 'sent,open,click',
  // What reading jobs one by one costs; the tail has a benchmark of its own.
  TAIL: 'off',
} as const;

/** When the last window of events was committed whole. */
async function lastEventsAtMs(client: Parameters<typeof copyIn>[0]): Promise<number> {
  const { rows } = await client.query<{ ms: string }>(
    `select extract(epoch from max(settled_at)) * 1000 as ms from pipeline.extract_tasks where kind = 'events'`,
  );
  return Number(rows[0]?.ms);
}

/** Loads what was loaded, row by row in the same order, into the same tables beside it. */
async function copyAgain(client: Parameters<typeof copyIn>[0]): Promise<{ rows: number; seconds: number }> {
  let rows = 0;
  let seconds = 0;
  for (const table of tables) {
    await makeTwin(client, table);
    const columns = await columnsOf(client, table);
    const lines = await copyOut(client, `copy (select ${columns} from tracking.${table}) to stdout`);
    const pages = Array.from({ length: Math.ceil(lines.length / recordsPerPage) }, (_, page) =>
      Buffer.concat(lines.slice(page * recordsPerPage, (page + 1) * recordsPerPage)),
    );
    const startedAtMs = performance.now();
    for (const page of pages) await copyIn(client, `copy twin.${table} (${columns}) from stdin`, page);
    seconds += (performance.now() - startedAtMs) / 1000;
    rows += lines.length;
  }
  return { rows, seconds };
}

async function columnsOf(client: Parameters<typeof copyIn>[0], table: string): Promise<string> {
  const { rows } = await client.query<{ columns: string }>(
    `select string_agg(column_name, ', ' order by ordinal_position) as columns from information_schema.columns
     where table_schema = 'tracking' and table_name = $1 and column_name <> 'loaded_at'`,
    [table],
  );
  return rows[0]?.columns ?? '';
}
