import { setTimeout as sleep } from 'node:timers/promises';
import { figureOf } from './measure.ts';
import { settings } from './sync.bench.ts';
import { type BenchServer, withClient } from './support/postgres.ts';
import { runProduct } from './support/product.ts';
import { type Bench, ratioRow } from './support/report.ts';
import { startSendSource } from './support/send-source.ts';

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
    const rates = new Map<number, number[]>(processes.map((count) => [count, []]));
    for (let round = 0; round < rounds; round += 1)
      for (const count of processes) rates.get(count)?.push(await readWith(count, form, server));

    const [one = []] = [rates.get(1)];
    return [2, 4].map((count) => {
      const ratios = (rates.get(count) ?? []).map((rate, round) => rate / (one[round] ?? NaN));
      return ratioRow(
        `${count} processes, against one`,
        figureOf(ratios),
        { least: count * 0.75, aim: count * 0.95 },
        `requests per second; ${form.jobs} jobs, ${form.latencyMs} ms each response, ${rounds} rounds`,
      );
    });
  },
};

/** Requests per second of event tasks, from the first one taken to the last one settled. */
async function readWith(count: number, form: Form, server: BenchServer): Promise<number> {
  const { jobs, mails, latencyMs, pageSize } = form;
  const database = await server.createDatabase();
  const source = await startSendSource({ jobs, mails, latencyMs, isRemembering: false });
  const stop = new AbortController();
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
    stop.abort();
    await Promise.all(others);
    return await withClient(database.url, async (client) => {
      const { rows } = await client.query<Record<'requests' | 'seconds' | 'events', string>>(
        `select sum(requests) as requests,
                extract(epoch from max(finished_at) - min(started_at)) as seconds,
                (select count(*) from tracking.sent_events) as events
         from pipeline.extract_tasks where kind = 'events' and records > 0`,
      );
      const [row] = rows;
      if (Number(row?.events) < 0.99 * jobs * mails) throw new Error(`${row?.events} events arrived`);
      return Number(row?.requests) / Number(row?.seconds);
    });
  } finally {
    stop.abort();
    await source.stop();
    await database.drop();
  }
}
