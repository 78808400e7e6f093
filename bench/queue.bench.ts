import { PgBoss } from 'pg-boss';
import { settings } from './sync.bench.ts';
import { figureOf } from './measure.ts';
import { withClient } from './support/postgres.ts';
import { runProduct, startSimulatorProcess } from './support/product.ts';
import type { Bench } from './support/report.ts';
import { ratioRow } from './support/report.ts';

const concurrencyPerAccount = 8;

/** Tasks of one small page through queue, slot, gate, ledger and loader, beside the queue with an empty handler. */
export const queue: Bench = {
  name: 'queue',
  needsPostgres: true,
  async run({ isFull, rounds: given, server }) {
    const rounds = given ?? (isFull ? 5 : 2);
    const jobs = isFull ? 2000 : 200;
    const simulator = await startSimulatorProcess([
      '--accounts',
      '7000001',
      '--jobs',
      String(jobs),
      '--events',
      '20',
    ]);
    const ours: number[] = [];
    const bare: number[] = [];
    try {
      for (let round = 0; round < rounds; round += 1) {
        const database = await server.createDatabase();
        const environment = {
          ...simulator.environment,
          ...settings,
          DATABASE_URL: database.url,
          CONCURRENCY_PER_ACCOUNT: String(concurrencyPerAccount),
        };
        await runProduct(['sync', '--json', '--events', 'sent'], { environment });
        ours.push(await tasksPerSecond(database.url));
        bare.push(await deliveriesPerSecond(database.url, jobs));
        await database.drop();
      }
    } finally {
      await simulator.stop();
    }
    const ratios = ours.map((rate, round) => rate / (bare[round] ?? NaN));
    return [
      ratioRow('small tasks, against the bare queue', figureOf(ratios), { least: 0.5, aim: 0.8 }),
      { label: 'small tasks', unit: 'tasks/s', ...figureOf(ours) },
      { label: 'bare queue, empty handler', unit: 'deliveries/s', ...figureOf(bare) },
    ];
  },
};

async function tasksPerSecond(databaseUrl: string): Promise<number> {
  return withClient(databaseUrl, async (client) => {
    const { rows } = await client.query<{ rate: string }>(
      `select count(*) / extract(epoch from max(finished_at) - min(started_at)) as rate from pipeline.extract_tasks`,
    );
    return Number(rows[0]?.rate);
  });
}

/** One delivery at a time for each of so many workers, as fast as pg-boss goes: each is woken at its handler's end. */
async function deliveriesPerSecond(databaseUrl: string, count: number): Promise<number> {
  const name = 'bare';
  const options = '-c synchronous_commit=off';
  const boss = new PgBoss({ connectionString: databaseUrl, options, supervise: false, schedule: false });
  await boss.start();
  try {
    await boss.createQueue(name, { policy: 'exclusive' });
    const entries = Array.from({ length: count }, (_, index) => ({
      data: { taskId: index },
      singletonKey: String(index),
    }));
    await boss.insert(name, entries);
    const startedAtMs = performance.now();
    await new Promise<void>((resolve, reject) => {
      let handled = 0;
      for (let worker = 0; worker <= concurrencyPerAccount; worker += 1) {
        const taker = { id: '' };
        const handle = () => {
          handled += 1;
          if (handled === count) resolve();
          boss.notifyWorker(taker.id);
          return Promise.resolve();
        };
        boss.work(name, handle).then((id) => (taker.id = id), reject);
      }
    });
    return count / ((performance.now() - startedAtMs) / 1000);
  } finally {
    await boss.stop({ graceful: false });
  }
}
