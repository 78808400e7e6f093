import type { Logger } from '../../logger.ts';
import type { TaskQueue } from '../../store/queue/task-queue.ts';
import { releaseForgottenTasks, releaseTasksOf } from '../../store/ledger/task-rescue.ts';
import { findAbandonedDeliveries, findUndeliveredTasks } from '../../store/queue/undelivered-tasks.ts';
import type { Pool } from '../../store/connection/pool.ts';
import { findDeadProcesses } from '../../store/connection/session.ts';

export interface RescuerOptions {
  readonly pool: Pool;
  readonly queue: TaskQueue;
  readonly logger: Logger;
  /** This process, by its latest session. */
  readonly processId: () => number;
  /** Whether this process handles a delivery. */
  readonly isClaimed: (queueJobId: string) => boolean;
}

/** Releases tasks that no living process executes, and enqueues waiting tasks that the queue has no entry for. */
export class Rescuer {
  readonly #options: RescuerOptions;
  /** The last task that was looked at for a missing queue entry. */
  #lookAfter = 0;

  constructor(options: RescuerOptions) {
    this.#options = options;
  }

  /** Looks once; true when deliveries returned to the queue. */
  async rescue(): Promise<boolean> {
    const { pool, queue, logger, isClaimed } = this.#options;
    const processId = this.#options.processId();
    const dead = await findDeadProcesses(pool, processId);
    const deliveries = await releaseTasksOf(pool, dead);
    deliveries.push(...(await releaseForgottenTasks(pool, processId, isClaimed)));
    deliveries.push(...(await findAbandonedDeliveries(pool)));
    await queue.redeliver([...new Set(deliveries)], 'owner died');
    const { undelivered, next } = await findUndeliveredTasks(pool, this.#lookAfter);
    await queue.enqueue(pool, undelivered);
    this.#lookAfter = next;
    if (dead.length > 0)
      logger.info({ processes: dead, deliveries: deliveries.length }, 'tasks of dead owners released');

    return deliveries.length > 0;
  }
}
