import { setTimeout as sleep } from 'node:timers/promises';
import { busyText, watchCores, whereCoresWereIdle } from './cpu/busy-cores.ts';
import { figureOf } from './measure.ts';
import { settings } from './sync.bench.ts';
import { type BenchServer, withClient } from './support/postgres.ts';
import { runProduct } from './processes/product.ts';
import { type Bench, ratioRow } from './report/rows.ts';
import { startSendSource } from './sources/send-source.ts';

interface Form {
  readonly jobs: number;
  readonly mails: number;
  readonly pageSize: number;
  readonly latencyMs: number;
}

const quick: Form = { jobs: 32, mails: 160, pageSize: 20, latencyMs: 200 };
const full: Form = { jobs: 32, mails: 25_000, pageSize: 500, latencyMs: 500 };

/** Retrieves that one process may have in flight. The account allows as many as four processes have together. */
const perProcess = 2;
const processes = [1, 2, 4] as const;

/**
 * What more machines bring where waiting for responses takes the time: a run of one, two and four processes, each with
 * two requests in flight. The first one plans the run, the others are workers.
 */
export const workers: Bench = {
  name: 'workers',
  needsPostgres: true,
  async run({ isFull, rounds: given, server }) {
    const form = isFull ? full : quick;
    const rounds = given ?? (isFull ? 5 : 1);
    const readings = new Map<number, Reading[]>(processes.map((count) => [count, []]));
    for (let round = 0; round < rounds; round += 1)
      for (const count of processes) readings.get(count)?.push(await readWith(count, form, server));

    const [one = []] = [readings.get(1)];
    return [2, 4].map((count) => {
      const ofCount = readings.get(count) ?? [];
      const ratios = ofCount.map(({ rate, busy }, round) =>
        whereCoresWereIdle(rate / (one[round]?.rate ?? NaN), busy),
      );
      const busy = figureOf(ofCount.map((reading) => reading.busy)).median;
      return ratioRow(
        `${count} processes, against one`,
        figureOf(ratios),
        `requests per second; ${form.jobs} jobs, ${form.latencyMs} ms each response, ${rounds} rounds; ${busyText(busy)}`,
      );
    });
  },
};

interface Reading {
  /** Requests per second of event tasks, from the first one taken to the last one settled. */
  readonly rate: number;
  /** Share of the machine's cores that was in use in this time. */
  readonly busy: number;
}

async function readWith(count: number, form: Form, server: BenchServer): Promise<Reading> {
  const { jobs, mails, latencyMs, pageSize } = form;
  const database = await server.createDatabase();
  const source = await startSendSource({ jobs, mails, latencyMs, isRemembering: false });
  const stop = new AbortController();
  const cores = watchCores();
  try {
    const environment = {
      ...{ ...source.environment, ...settings, DATABASE_URL: database.url, HTTP_PORT: 'off' },
      CONCURRENCY_PER_ACCOUNT: String(perProcess * Math.max(...processes)),
      CONCURRENCY_PER_PROCESS: String(perProcess),
      PAGE_SIZE: String(pageSize),
    };
    const others = Array.from({ length: count - 1 }, () =>
      runProduct(['worker'], { environment, stop: stop.signal }),
    );
    await withClient(database.url, async (client) => {
      for (;;) {
        const { rows } = await client.query<{ count: number }>(
          'select count(*)::int as count from pipeline.processes where ended_at is null',
        );
        if ((rows[0]?.count ?? 0) >= others.length) return;
        await sleep(50);
      }
    });
    await runProduct(['sync', '--json', '--events', 'sent'], { environment });
    cores.stop();
    stop.abort();
    await Promise.all(others);
    return await withClient(database.url, async (client) => {
      const { rows } = await client.query<Record<'requests' | 'from' | 'to' | 'events', string>>(
        `select sum(requests) as requests,
                extract(epoch from min(started_at)) * 1000 as from, extract(epoch from max(finished_at)) * 1000 as to,
                (select count(*) from tracking.sent_events) as events
         from pipeline.extract_tasks where kind = 'events' and records > 0`,
      );
      const [row] = rows;
      if (Number(row?.events) < 0.99 * jobs * mails) throw new Error(`${row?.events} events arrived`);
      const [from, to] = [Number(row?.from), Number(row?.to)];
      return { rate: Number(row?.requests) / ((to - from) / 1000), busy: cores.busyBetween(from, to) };
    });
  } finally {
    cores.stop();
    stop.abort();
    await source.stop();
    await database.drop();
  }
}
