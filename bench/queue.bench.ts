import { measureInTurns, ratioOf } from './measure.ts';
import { settings } from './sync.bench.ts';
import { type Contender, startContender } from './processes/contender.ts';
import { cpuRowsOf, meteringOthers } from './cpu/cpu-rows.ts';
import { othersCpu, usedBetween } from './cpu/others.ts';
import { type BenchServer, withClient } from './support/postgres.ts';
import { runProduct } from './processes/product.ts';
import { type Bench, rateRow, ratioRow } from './report/rows.ts';
import { type SendSource, startSendSource } from './sources/send-source.ts';

const mailsPerTask = 20;
const slots = 8;

/** Tasks of one small page through queue, slot, gate, ledger and loader, beside pg-boss with an empty handler. */
export const queue: Bench = {
  name: 'queue',
  needsPostgres: true,
  async run({ isFull, rounds: given, tasks: givenTasks, server }) {
    const rounds = given ?? (isFull ? 7 : 3);
    const tasks = givenTasks ?? (isFull ? 2000 : 1000);
    const source = await startSendSource({ jobs: tasks, mails: mailsPerTask });
    const database = await server.createDatabase();
    const options = { type: 'open', pages: tasks, workers: slots, databaseUrl: database.url } as const;
    const contenders = [
      smallTasks(tasks, source, server),
      meteringOthers(await startContender('queue: bare pg-boss', options), { postgres: server }),
    ];
    try {
      const measured = await measureInTurns(contenders, { rounds, warmUps: 1 });
      const [ours, bare] = measured;
      if (ours === undefined || bare === undefined) return [];
      const note = `${tasks} tasks of ${mailsPerTask} events, ${slots} slots; ${rounds} rounds`;
      return [
        ratioRow('small tasks, against bare pg-boss', ratioOf(ours, bare), note),
        ...measured.map((contender) => rateRow('tasks', contender, 'task')),
        ...measured.flatMap((contender) => cpuRowsOf(contender, 'task')),
      ];
    } finally {
      await Promise.all(contenders.map((contender) => contender.stop()));
      await source.stop();
      await database.drop();
    }
  },
};

/** The product as a process on a new database each turn; its first quarter of the tasks is warm-up. */
function smallTasks(tasks: number, source: SendSource, server: BenchServer): Contender {
  return {
    name: 'queue: sfmc-tracking',
    async run() {
      const database = await server.createDatabase();
      try {
        const environment = {
          ...{ ...source.environment, ...settings, DATABASE_URL: database.url },
          CONCURRENCY_PER_ACCOUNT: String(slots),
        };
        const before = othersCpu({ postgres: server, source });
        const { cpuSeconds } = await runProduct(['sync', '--json', '--events', 'sent'], { environment });
        const { postgres, source: ofSource } = usedBetween(before, othersCpu({ postgres: server, source }));
        const { units, seconds } = await warmWork(database.url, tasks);
        // Of the whole run, from its start, for each of its tasks.
        const share = units / tasks;
        return {
          ...{ units, seconds, cpuSeconds: cpuSeconds * share },
          others: { postgres: postgres * share, source: ofSource * share },
        };
      } finally {
        await database.drop();
      }
    },
    stop: () => Promise.resolve(),
  };
}

/**
 * What was done once a quarter of the tasks was: a rival is warm after its first round.
 *
 * @throws {Error} where not every task brought all its rows: what did nothing is not fast.
 */
async function warmWork(databaseUrl: string, tasks: number): Promise<{ units: number; seconds: number }> {
  return withClient(databaseUrl, async (client) => {
    const { rows } = await client.query<Record<'seconds' | 'units' | 'tasks' | 'events', string>>(
      `with task as (
         select finished_at, row_number() over (order by finished_at) as place
         from pipeline.extract_tasks where kind = 'events' and records > 0)
       select count(*) as tasks, (select count(*) from tracking.sent_events) as events,
              count(*) filter (where place > $1) as units,
              extract(epoch from max(finished_at) - max(finished_at) filter (where place <= $1)) as seconds
       from task`,
      [Math.floor(tasks / 4)],
    );
    const [row] = rows;
    if (Number(row?.tasks) !== tasks || Number(row?.events) !== tasks * mailsPerTask)
      throw new Error(`${row?.tasks} tasks brought ${row?.events} events`);
    return { units: Number(row?.units), seconds: Number(row?.seconds) };
  });
}
