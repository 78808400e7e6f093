import { type ConstructorOptions, PgBoss, type WorkOptions } from 'pg-boss';
import type { ContenderOptions, Work } from '../support/work.ts';

const queueName = 'bare';

/** How pg-boss is run: its own settings and those of its workers. */
interface Manner {
  readonly workers: number;
  readonly boss: Partial<ConstructorOptions>;
  readonly work: WorkOptions;
}

/** pg-boss with an empty handler, one job at a time in each worker, its commits as durable as Postgres' are. */
export function deliverBarely(options: ContenderOptions): Promise<Work> {
  return startDelivering(options, { workers: options.workers ?? 8, boss: {}, work: {} });
}

/** The same, faster by settings: twice the workers, and commits that need not wait for the disk. */
export function deliverFaster(options: ContenderOptions): Promise<Work> {
  const workers = 2 * (options.workers ?? 8);
  return startDelivering(options, { workers, boss: { options: '-c synchronous_commit=off' }, work: {} });
}

/** As fast as its settings make it: besides, many jobs a fetch, and the next fetch at once. */
export function deliverInBatches(options: ContenderOptions): Promise<Work> {
  return startDelivering(options, {
    workers: 2,
    boss: { options: '-c synchronous_commit=off' },
    work: { batchSize: 250, burstWhenBatchFull: true },
  });
}

async function startDelivering(
  { pages: jobs, databaseUrl = '' }: ContenderOptions,
  { workers, boss: settings, work }: Manner,
): Promise<Work> {
  const boss = new PgBoss({
    connectionString: databaseUrl,
    useListenNotify: true,
    schedule: false,
    supervise: false,
    ...settings,
  });
  boss.on('error', (error) => console.error(error));
  await boss.start();
  await boss.createQueue(queueName, { notify: true });
  const ids: string[] = [];
  return {
    async prepare() {
      await boss.deleteAllJobs(queueName);
      await boss.insert(
        queueName,
        Array.from({ length: jobs }, (_, taskId) => ({ data: { taskId, accountId: 1 } })),
      );
    },
    async run() {
      const { promise: isDone, resolve } = Promise.withResolvers<undefined>();
      let handled = 0;
      for (let worker = 0; worker < workers; worker += 1) {
        const taker = { id: '' };
        taker.id = await boss.work(queueName, work, (batch) => {
          handled += batch.length;
          if (handled >= jobs) resolve(undefined);
          // Without this each worker pauses after a job until its next poll.
          boss.notifyWorker(taker.id);
          return Promise.resolve();
        });
        ids.push(taker.id);
      }
      await isDone;
      return handled;
    },
    async details() {
      await Promise.all(ids.splice(0).map((id) => boss.offWork(queueName, { id, wait: true })));
      return {};
    },
    stop: () => boss.stop({ graceful: false, timeout: 1000 }),
  };
}
