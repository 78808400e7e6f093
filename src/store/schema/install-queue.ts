import { openBoss } from '../queue/open-boss.ts';
import { queueName } from '../queue/task-queue.ts';

/** A delivery ends when its owner's advisory lock is free, not by the clock: a large window may take hours. */
const expireSeconds = 24 * 60 * 60;

/** pg-boss must not give up: a delivery returns whenever its owner dies, and the ledger counts attempts. */
const deliveriesMax = 10_000;

/** Finished deliveries contain nothing that the ledger does not have. */
const keepFinishedSeconds = 60 * 60;

const settings = {
  notify: false,
  expireInSeconds: expireSeconds,
  retryLimit: deliveriesMax,
  retryDelay: 0,
  deleteAfterSeconds: keepFinishedSeconds,
};

/** Installs or updates pg-boss in the queue's schema, and the queue in it. */
export async function installQueue(databaseUrl: string): Promise<void> {
  const { boss, close } = await openBoss(databaseUrl, { mayInstall: true });
  try {
    if ((await boss.getQueue(queueName)) === null)
      await boss.createQueue(queueName, { policy: 'exclusive', ...settings });
    else await boss.updateQueue(queueName, settings);
  } finally {
    await close();
  }
}
