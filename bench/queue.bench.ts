import { measureInTurns, ratioOf } from './measure.ts';
import { settings } from './sync.bench.ts';
import { startContender } from './support/contender.ts';
import type { Contender } from './support/contender.ts';
import { withClient } from './support/postgres.ts';
import type { BenchServer } from './support/postgres.ts';
import { runProduct } from './support/product.ts';
import type { Bench } from './support/report.ts';
import { rateRow, ratioRow } from './support/report.ts';
import { startSendSource } from './support/send-source.ts';
import type { SendSource } from './support/send-source.ts';

export const mailsPerTask = 20;
const slots = 8;

/** Tasks of one small page through queue, slot, gate, ledger and loader, beside pg-boss with an empty handler. */
export const queue: Bench = {
  name: 'queue',
  needsPostgres: true,
  async run({ isFull, rounds: given, server }) {
    const rounds = given ?? (isFull ? 7 : 3);
    const tasks = isFull ? 2000 : 1000;
    const source = await startSendSource({ jobs: tasks, mails: mailsPerTask });
    const [one, other] = [await server.createDatabase(), await server.createDatabase()];
    // The product has twice as many takers as slots.
    const options = { type: 'open', pages: tasks, workers: 2 * slots } as const;
    const contenders = [
      smallTasks(tasks, source, server),
      await startContender('queue: bare pg-boss', { ...options, databaseUrl: one.url }),
      await startContender('queue: bare pg-boss in batches', { ...options, databaseUrl: other.url }),
    ];
    try {
      // No warm-up: the source knows its answers already, and the product starts anew each time.
      const measured = await measureInTurns(contenders, { rounds, warmUps: 0 });
      const [ours, bare, batches] = measured;
      if (ours === undefined || bare === undefined || batches === undefined) return [];
      const note = `${tasks} tasks of ${mailsPerTask} events, ${slots} slots; ${rounds} rounds`;
      return [
        ratioRow('small tasks, against bare pg-boss', ratioOf(ours, bare), { least: 0.5, aim: 0.8 }, note),
        ratioRow('small tasks, against bare pg-boss in batches', ratioOf(ours, batches), {}),
        ...measured.map((contender) => rateRow('tasks', contender, 'task')),
      ];
    } finally {
      await Promise.all(contenders.map((contender) => contender.stop()));
      await source.stop();
      await Promise.all([one.drop(), other.drop()]);
    }
  },
};

/** The product as a process on a new database each turn: from the first task taken to the last one settled. */
export function smallTasks(tasks: number, source: SendSource, server: BenchServer): Contender {
  return {
    name: 'queue: sfmc-tracking',
    async run() {
      const database = await server.createDatabase();
      try {
        const environment = {
          ...{ ...source.environment, ...settings, DATABASE_URL: database.url },
          CONCURRENCY_PER_ACCOUNT: String(slots),
        };
        const { cpuSeconds } = await runProduct(['sync', '--json', '--events', 'sent'], { environment });
        return { units: tasks, seconds: await workedSeconds(database.url, tasks), cpuSeconds };
      } finally {
        await database.drop();
      }
    },
    stop: () => Promise.resolve(),
  };
}

/** @throws {Error} where not every task brought all its rows: what did nothing is not fast. */
async function workedSeconds(databaseUrl: string, tasks: number): Promise<number> {
  return withClient(databaseUrl, async (client) => {
    const { rows } = await client.query<{ seconds: string; tasks: string; events: string }>(
      `select extract(epoch from max(finished_at) - min(started_at)) as seconds, count(*) as tasks,
              (select count(*) from tracking.sent_events) as events
       from pipeline.extract_tasks where kind = 'events' and records > 0`,
    );
    const [row] = rows;
    if (Number(row?.tasks) !== tasks || Number(row?.events) !== tasks * mailsPerTask)
      throw new Error(`${row?.tasks} tasks brought ${row?.events} events`);
    return Number(row?.seconds);
  });
}
