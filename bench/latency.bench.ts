import { busyText, watchCores, whereCoresWereIdle } from './cpu/busy-cores.ts';
import { figureOf } from './measure.ts';
import { settings } from './sync.bench.ts';
import { type BenchServer, withClient } from './support/postgres.ts';
import { runProduct } from './processes/product.ts';
import { type Bench, ratioRow } from './report/rows.ts';
import { startSendSource } from './sources/send-source.ts';

interface LateSource {
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
const full: Form = { latencyMs: 300, pageSize: 2500, events: 5_000_000, eventsOfOneCursor: 250_000 };

/** What waiting costs: one job of many windows, every response late, eight requests in flight. */
export const latency: Bench = {
  name: 'latency',
  needsPostgres: true,
  async run({ isFull, rounds: given, server }) {
    const form = isFull ? full : quick;
    const rounds = given ?? (isFull ? 5 : 1);
    const readings: LateReading[] = [];
    const ideal: number[] = [];
    const cursor: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const many = await readLate(form, form.events, slots, server);
      const one = await readLate(form, form.eventsOfOneCursor, 1, server);
      readings.push(many);
      ideal.push(whereNotLate((many.requests * form.latencyMs) / 1000 / slots / many.seconds, many));
      cursor.push(whereNotLate(many.requests / many.seconds / (one.requests / one.seconds), many));
    }
    return [
      ratioRow('eight side by side, against the ideal schedule', figureOf(ideal), noteOf(readings, form)),
      ratioRow('eight side by side, against one cursor', figureOf(cursor), 'requests per second of each'),
    ];
  },
};

function noteOf(readings: readonly LateReading[], { latencyMs }: LateSource): string {
  const middle = (of: (reading: LateReading) => number) => figureOf(readings.map(of)).median;
  const late = middle((reading) => reading.late);
  const cores = middle(({ sourceCpuSeconds, seconds }) => sourceCpuSeconds / seconds).toFixed(2);
  return (
    `${middle(({ requests }) => requests)} requests in ${middle(({ windows }) => windows)} windows, ${latencyMs} ms each, ` +
    `${middle(({ seconds }) => seconds).toFixed(1)} s; ${late} responses were late; the source used ${cores} cores; ` +
    `${busyText(middle(({ busy }) => busy))}; ${readings.length} rounds`
  );
}

interface LateReading {
  readonly requests: number;
  readonly windows: number;
  readonly seconds: number;
  /** Responses that the source had not rendered when they were due: its delay, not ours. */
  readonly late: number;
  readonly sourceCpuSeconds: number;
  /** Share of the machine's cores that was in use. */
  readonly busy: number;
}

// Of a hundred responses, those that the source may send after they were due.
const lateAtMost = 0.01;

/** Not measured where the machine had no idle cores, or the source was late by itself. */
function whereNotLate(figure: number, { late, requests, busy }: LateReading): number {
  return late > requests * lateAtMost ? NaN : whereCoresWereIdle(figure, busy);
}

/** From the first task taken to the last one settled, by the ledger's clock: the start of the process is not in it. */
async function readLate(
  { latencyMs, pageSize }: LateSource,
  events: number,
  inFlight: number,
  server: BenchServer,
): Promise<LateReading> {
  const database = await server.createDatabase();
  const source = await startSendSource({ jobs: 1, mails: events, latencyMs, isRemembering: false });
  const cores = watchCores();
  try {
    const environment = {
      ...{ ...source.environment, ...settings, DATABASE_URL: database.url },
      CONCURRENCY_PER_ACCOUNT: String(inFlight),
      PAGE_SIZE: String(pageSize),
    };
    const before = await source.counts();
    await runProduct(['sync', '--json', '--events', 'sent'], { environment });
    cores.stop();
    const { late, cpuSeconds } = await source.counts();
    const sourceCpuSeconds = cpuSeconds - before.cpuSeconds;
    return await withClient(database.url, async (client) => {
      const { rows } = await client.query<Record<'requests' | 'windows' | 'from' | 'to' | 'events', string>>(
        `select sum(requests) as requests, count(*) as windows,
                extract(epoch from min(started_at)) * 1000 as from, extract(epoch from max(finished_at)) * 1000 as to,
                (select count(*) from tracking.sent_events) as events
         from pipeline.extract_tasks where kind = 'events' and records > 0`,
      );
      const [row] = rows;
      if (Number(row?.events) < 0.99 * events) throw new Error(`${row?.events} of ${events} events arrived`);
      const [from, to] = [Number(row?.from), Number(row?.to)];
      const figures = {
        requests: Number(row?.requests),
        windows: Number(row?.windows),
        seconds: (to - from) / 1000,
        busy: cores.busyBetween(from, to),
      };
      return { ...figures, late, sourceCpuSeconds };
    });
  } finally {
    cores.stop();
    await source.stop();
    await database.drop();
  }
}
