import { PgBoss } from 'pg-boss';
import type { WorkOptions } from 'pg-boss';
import type { ContenderOptions, Work } from '../support/work.ts';

const queueName = 'bare';

/** pg-boss with an empty handler, one job at a time in each of as many workers as the product has. */
export function deliverBarely(options: ContenderOptions): Promise<Work> {
  return startDelivering(options, options.workers ?? 16, {
    pollingIntervalSeconds: 1,
    notifyPollingIntervalSeconds: 2,
  });
}

/** pg-boss as fast as its own settings make it: many jobs a fetch, and the next fetch at once. */
export function deliverInBatches(options: ContenderOptions): Promise<Work> {
  return startDelivering(options, 2, {
    pollingIntervalSeconds: 1,
    notifyPollingIntervalSeconds: 2,
    batchSize: 250,
    burstWhenBatchFull: true,
  });
}

async function startDelivering(
  { pages: jobs, databaseUrl = '' }: ContenderOptions,
  workers: number,
  settings: WorkOptions,
): Promise<Work> {
  const boss = new PgBoss({
    connectionString: databaseUrl,
    // As the product's queue: its own commits need not wait for the disk.
    options: '-c synchronous_commit=off',
    max: 4,
    useListenNotify: true,
    schedule: false,
    supervise: false,
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
        taker.id = await boss.work(queueName, settings, (batch) => {
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
