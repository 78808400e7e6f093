import { setTimeout } from 'node:timers/promises';
import { settings } from './sync.bench.ts';
import { cpuRows } from './cpu/cpu-rows.ts';
import { type OthersCpu, othersCpu, usedBetween } from './cpu/others.ts';
import { type BenchDatabase, type BenchServer, withClient } from './support/postgres.ts';
import { runProduct, startSimulatorProcess, type Usage } from './processes/product.ts';
import { type Bench, type Row, valueRow } from './report/rows.ts';

/** Peak resident memory of the whole product process while events go through it. */
export const memory: Bench = {
  name: 'memory',
  needsPostgres: true,
  async run({ isFull, server }) {
    const marks = isFull ? [0.5, 2, 5] : [0.1, 0.3];
    const most = marks.at(-1) ?? 0;
    const all = await runOf(most, server);
    const small = await runOf(isFull ? 2 : 0.05, server, ['--max-old-space-size=64']);
    const peaks = marks.map((mark) => peakAt(all, mark * 1e6));
    const growth = ((peaks.at(-1) ?? NaN) / (peaks[0] ?? NaN) - 1) * 100;
    const rows: Row[] = marks.map((mark, index) =>
      valueRow(`peak at ${mark} M events`, 'MB', peaks[index] ?? NaN),
    );
    return [
      ...rows,
      valueRow(`growth from ${marks[0] ?? 0} M to ${most} M`, '%', growth),
      valueRow(
        'with --max-old-space-size=64',
        'MB',
        small.peakRssMb,
        `completed ${small.events.toLocaleString('en-US')} events`,
      ),
      valueRow('rate', 'events/s', all.events / all.seconds),
      ...cpuRows('an event', [{ units: all.events, process: all.cpuSeconds, ...all.others }]),
    ];
  },
};

interface MemoryRun {
  readonly seconds: number;
  readonly events: number;
  readonly cpuSeconds: number;
  readonly others: OthersCpu;
  readonly peakRssMb: number;
  readonly usage: readonly Usage[];
  /** How many records had been committed when. */
  readonly progress: readonly { at: number; records: number }[];
}

async function runOf(millions: number, server: BenchServer, nodeArguments?: string[]): Promise<MemoryRun> {
  const database = await server.createDatabase();
  // One list send; for 1,000 mails the simulated world has about 1,600 events.
  const mails = Math.ceil((millions * 1e6) / 1.62 / 2);
  const simulator = await startSimulatorProcess([
    '--accounts',
    '7000001',
    '--jobs',
    '2',
    '--events',
    String(mails),
  ]);
  const isOver = new AbortController();
  const progress = followProgress(database, isOver.signal);
  try {
    const environment = { ...simulator.environment, DATABASE_URL: database.url, ...settings };
    const before = othersCpu({ postgres: server, source: simulator });
    const run = await runProduct(['sync', '--json'], {
      environment,
      ...(nodeArguments === undefined ? {} : { nodeArguments }),
    });
    const others = usedBetween(before, othersCpu({ postgres: server, source: simulator }));
    isOver.abort();
    const points = await progress;
    return { ...run, others, events: points.at(-1)?.records ?? 0, progress: points };
  } finally {
    isOver.abort();
    await progress;
    await simulator.stop();
    await database.drop();
  }
}

async function followProgress(
  { url }: BenchDatabase,
  signal: AbortSignal,
): Promise<{ at: number; records: number }[]> {
  const points: { at: number; records: number }[] = [];
  await withClient(url, async (client) => {
    for (let isLast = false; ; isLast = signal.aborted) {
      const { rows } = await client.query<{ records: string }>(
        `select coalesce(sum(records), 0) as records from pipeline.extract_tasks where kind = 'events'`,
      );
      points.push({ at: Date.now(), records: Number(rows[0]?.records) });
      if (isLast) return;
      await setTimeout(250, undefined, { signal }).catch(() => undefined);
    }
  });
  return points;
}

/** Peak of the process until that number of events was committed; of the whole run where there were fewer. */
function peakAt({ usage, progress, peakRssMb }: MemoryRun, events: number): number {
  const reached = progress.find(({ records }) => records >= events)?.at;
  const peak = usage.findLast(({ at }) => reached !== undefined && at <= reached + 250)?.rssMb;
  return peak ?? peakRssMb;
}
