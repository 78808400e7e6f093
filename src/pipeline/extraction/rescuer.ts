import type { Logger } from '../../logger.ts';
import type { Pool } from '../../store/pool.ts';
import { findDeadProcesses } from '../../store/session.ts';
import type { TaskQueue } from '../../store/ledger/task-queue.ts';
import { releaseForgottenTasks, releaseTasksOf } from '../../store/ledger/task-rescue.ts';
import { findAbandonedDeliveries, findUndeliveredTasks } from '../../store/ledger/undelivered-tasks.ts';

export interface RescuerOptions {
  readonly pool: Pool;
  readonly queue: TaskQueue;
  readonly logger: Logger;
  /** The process that looks, by its latest session. */
  readonly processId: () => number;
  /** Whether that process has a delivery in hand. */
  readonly isClaimed: (queueJobId: string) => boolean;
}

/** Gives back what processes that are gone had in hand, and sends what no queue entry stands for. */
export class Rescuer {
  readonly #options: RescuerOptions;
  /** How far the search for tasks without a queue entry has come. */
  #lookAfter = 0;

  constructor(options: RescuerOptions) {
    this.#options = options;
  }

  /** Looks once; answers whether deliveries were given back. */
  async rescue(): Promise<boolean> {
    const { pool, queue, logger, isClaimed } = this.#options;
    const processId = this.#options.processId();
    const dead = (await findDeadProcesses(pool)).filter((other) => other !== processId);
    const deliveries = await releaseTasksOf(pool, dead);
    deliveries.push(...(await releaseForgottenTasks(pool, processId, isClaimed)));
    deliveries.push(...(await findAbandonedDeliveries(pool)));
    await queue.redeliver([...new Set(deliveries)], 'owner died');
    const { undelivered, next } = await findUndeliveredTasks(pool, this.#lookAfter);
    await queue.enqueue(pool, undelivered);
    this.#lookAfter = next;
    if (dead.length > 0)
      logger.info({ processes: dead, deliveries: deliveries.length }, 'dead owners relieved');

    return deliveries.length > 0;
  }
}
