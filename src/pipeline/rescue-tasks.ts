import type { Logger } from '../logger.ts';
import type { Pool } from '../store/pool.ts';
import { findDeadProcesses } from '../store/session.ts';
import type { TaskQueue } from '../store/task-queue.ts';
import { releaseForgottenTasks, releaseTasksOf } from '../store/task-rescue.ts';
import { findAbandonedDeliveries, findUndeliveredTasks } from '../store/undelivered-tasks.ts';

export interface RescueDeps {
  readonly pool: Pool;
  readonly queue: TaskQueue;
  readonly logger: Logger;
}

/** Who looks, and what that process has in hand. */
export interface Rescuer {
  readonly processId: number;
  readonly isInHand: (queueJobId: string) => boolean;
}

/**
 * Gives back what processes that are gone had in hand, and sends what no queue entry stands for. Answers
 * whether anything may be taken now.
 */
export async function rescueTasks(
  { pool, queue, logger }: RescueDeps,
  { processId, isInHand }: Rescuer,
): Promise<boolean> {
  const dead = (await findDeadProcesses(pool)).filter((other) => other !== processId);
  const deliveries = await releaseTasksOf(pool, dead);
  deliveries.push(...(await releaseForgottenTasks(pool, processId, isInHand)));
  deliveries.push(...(await findAbandonedDeliveries(pool)));
  await queue.redeliver([...new Set(deliveries)], 'owner died');
  await queue.enqueue(pool, await findUndeliveredTasks(pool));
  if (dead.length > 0)
    logger.info({ processes: dead, deliveries: deliveries.length }, 'dead owners relieved');
  return deliveries.length > 0;
}
