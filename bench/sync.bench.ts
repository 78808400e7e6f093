import { performance } from 'node:perf_hooks';
import { figureOf } from './measure.ts';
import { copyIn, copyOut } from './support/copy-in.ts';
import { type CpuShares, cpuRows } from './cpu/cpu-rows.ts';
import { usedBetween } from './cpu/others.ts';
import { recordsPerPage } from './support/events.ts';
import { followOthers, valueAt } from './cpu/follow-others.ts';
import { type BenchServer, withClient } from './support/postgres.ts';
import { runProduct, type SimulatorProcess, startSimulatorProcess } from './processes/product.ts';
import { type Bench, ratioRow, type Row, valueRow } from './report/rows.ts';
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
    const measured: Round[] = [];
    try {
      // The first sync only makes the simulator's world.
      for (let round = 0; round <= rounds; round += 1) {
        const one = await measureRound(server, simulator);
        if (round > 0) measured.push(one);
      }
    } finally {
      await simulator.stop();
    }
    return rowsOf(measured);
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

interface Round {
  readonly events: number;
  /** Until all events are in. */
  readonly loadSeconds: number;
  readonly seconds: number;
  readonly copySeconds: number;
  readonly peakRssMb: number;
  readonly loading: CpuShares;
  /** After the last event, until the process has ended. */
  readonly ending: CpuShares;
  readonly copying: CpuShares;
}

async function measureRound(server: BenchServer, simulator: SimulatorProcess): Promise<Round> {
  const database = await server.createDatabase();
  const environment = { ...simulator.environment, DATABASE_URL: database.url, ...settings };
  const others = { postgres: server, source: simulator };
  const followed = followOthers(others);
  try {
    const startedAtMs = Date.now();
    const run = await runProduct(['sync', '--json'], { environment });
    followed.stop();
    const endedAtMs = Date.now();
    const loadedAtMs = await withClient(database.url, lastEventsAtMs);
    const copy = await withClient(database.url, (client) => copyAgain(client, server));
    const usage = run.usage.map(({ at, cpuSeconds }) => ({ at, value: cpuSeconds }));
    const inLoading = valueAt([{ at: startedAtMs, value: 0 }, ...usage], loadedAtMs);
    const loading = usedBetween(followed.at(startedAtMs), followed.at(loadedAtMs));
    const ending = usedBetween(followed.at(loadedAtMs), followed.at(endedAtMs));
    return {
      events: copy.rows,
      loadSeconds: (loadedAtMs - startedAtMs) / 1000,
      ...{ seconds: run.seconds, copySeconds: copy.seconds, peakRssMb: run.peakRssMb },
      loading: { units: copy.rows, process: inLoading, ...loading },
      ending: { units: copy.rows, process: run.cpuSeconds - inLoading, ...ending },
      copying: { units: copy.rows, process: NaN, postgres: copy.postgresCpuSeconds, source: NaN },
    };
  } finally {
    followed.stop();
    await database.drop();
  }
}

function rowsOf(measured: readonly Round[]): Row[] {
  const figure = (of: (round: Round) => number) => figureOf(measured.map(of));
  return [
    ratioRow(
      'whole sync, from process start until all events are in, against raw COPY',
      figure(({ copySeconds, loadSeconds }) => copySeconds / loadSeconds),
    ),
    ratioRow(
      'whole sync, from process start to its end, rollups included, against raw COPY',
      figure(({ copySeconds, seconds }) => copySeconds / seconds),
    ),
    {
      label: 'whole sync, until all events are in',
      unit: 'events/s',
      ...figure(({ events, loadSeconds }) => events / loadSeconds),
      note: `the simulator renders each page anew; ${measured.length} rounds`,
    },
    ...cpuRows(
      'until all events are in',
      measured.map(({ loading }) => loading),
    ),
    ...cpuRows(
      'from then to the end',
      measured.map(({ ending }) => ending),
    ),
    ...cpuRows(
      'raw COPY',
      measured.map(({ copying }) => copying),
    ),
    valueRow('peak resident memory', 'MB', Math.max(...measured.map(({ peakRssMb }) => peakRssMb))),
  ];
}

/** When the last window of events was committed whole. */
async function lastEventsAtMs(client: Parameters<typeof copyIn>[0]): Promise<number> {
  const { rows } = await client.query<{ ms: string }>(
    `select extract(epoch from max(settled_at)) * 1000 as ms from pipeline.extract_tasks where kind = 'events'`,
  );
  return Number(rows[0]?.ms);
}

interface Copied {
  readonly rows: number;
  readonly seconds: number;
  readonly postgresCpuSeconds: number;
}

/** Loads what was loaded, row by row in the same order, into the same tables beside it. */
async function copyAgain(client: Parameters<typeof copyIn>[0], server: BenchServer): Promise<Copied> {
  let [rows, seconds, cpuSeconds] = [0, 0, 0];
  for (const table of tables) {
    await makeTwin(client, table);
    const columns = await columnsOf(client, table);
    const lines = await copyOut(client, `copy (select ${columns} from tracking.${table}) to stdout`);
    const pages = Array.from({ length: Math.ceil(lines.length / recordsPerPage) }, (_, page) =>
      Buffer.concat(lines.slice(page * recordsPerPage, (page + 1) * recordsPerPage)),
    );
    const cpuBefore = server.cpuSeconds();
    const startedAtMs = performance.now();
    for (const page of pages) await copyIn(client, `copy twin.${table} (${columns}) from stdin`, page);
    seconds += (performance.now() - startedAtMs) / 1000;
    cpuSeconds += server.cpuSeconds() - cpuBefore;
    rows += lines.length;
  }
  return { rows, seconds, postgresCpuSeconds: cpuSeconds };
}

async function columnsOf(client: Parameters<typeof copyIn>[0], table: string): Promise<string> {
  const { rows } = await client.query<{ columns: string }>(
    `select string_agg(column_name, ', ' order by ordinal_position) as columns from information_schema.columns
     where table_schema = 'tracking' and table_name = $1 and column_name <> 'loaded_at'`,
    [table],
  );
  return rows[0]?.columns ?? '';
}
