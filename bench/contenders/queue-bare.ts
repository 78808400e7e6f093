import { PgBoss } from 'pg-boss';
import type { ContenderOptions, Work } from '../processes/work.ts';

const queueName = 'bare';

/** pg-boss with an empty handler, one job at a time in each worker, its commits as durable as Postgres' are. */
export async function deliverBarely({
  pages: jobs,
  databaseUrl = '',
  workers = 8,
}: ContenderOptions): Promise<Work> {
  const boss = new PgBoss({
    connectionString: databaseUrl,
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
        taker.id = await boss.work(queueName, (batch) => {
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
