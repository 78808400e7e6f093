import { setTimeout } from 'node:timers/promises';
import { PipelineError, StoreUnavailableError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { findDeadProcesses, type ProcessSession } from '../store/session.ts';
import { type Slot, SlotLimiter } from '../store/slots.ts';
import { storeErrorFrom } from '../store/pool.ts';
import { releaseForgottenTasks, releaseTasksOf } from '../store/task-rescue.ts';
import {
  type Delivery,
  findAbandonedDeliveries,
  findUndeliveredTasks,
  type TaskQueue,
} from '../store/task-queue.ts';
import type { TaskDeps } from './pursuit.ts';
import { TaskAttempts } from './task-attempts.ts';

/** How often dead owners are looked for. */
const rescueIntervalMs = 2_000;

/** First pause before the connection that holds this process's locks is opened again; doubles to ten seconds. */
const reopenMs = { first: 250, max: 10_000 };

export interface WorkerOptions extends Omit<TaskDeps, 'slots' | 'processId'> {
  readonly queue: TaskQueue;
  readonly openSession: () => Promise<ProcessSession>;
  /** Tasks in hand at once: what the slots of all accounts allow, and some that wait. */
  readonly concurrency: number;
  readonly concurrencyPerAccount: number;
  readonly logger: Logger;
}

/**
 * Takes extract tasks from the queue until told to stop, and looks after owners that died.
 *
 * When the connection that holds this process's locks is lost, what it has in hand is given up at once,
 * since others may take it from then on; a new connection is opened and work goes on.
 */
export class TaskWorker {
  readonly #options: WorkerOptions;
  readonly #drain = new AbortController();
  readonly #abort = new AbortController();
  #attempts: TaskAttempts | undefined;
  #session: ProcessSession | undefined;
  #slots: SlotLimiter | undefined;
  #tending: Promise<void> | undefined;
  /** Queue's ids of the deliveries that are being worked on. */
  readonly #inHand = new Set<string>();
  #stopping: Promise<void> | undefined;

  constructor(options: WorkerOptions) {
    this.#options = options;
  }

  get processId(): number {
    return this.#session?.processId ?? 0;
  }

  /** Opens the session, frees what dead owners left, and begins. */
  async start(): Promise<void> {
    await this.#openSession();
    await this.#rescue();
  }

  /** Takes deliveries from now on. */
  async startTaking(): Promise<void> {
    const { queue, concurrency, concurrencyPerAccount } = this.#options;
    await queue.startWorking({ concurrency, concurrencyPerAccount }, (delivery) => this.#work(delivery));
    this.#tending = this.#tend();
  }

  /** Waits until one more Retrieve may be in flight for the account, for what is read outside of tasks. */
  async acquireSlot(accountId: number, signal: AbortSignal): Promise<Slot> {
    if (this.#slots === undefined) throw new StoreUnavailableError('no session');
    return this.#slots.acquire(accountId, signal);
  }

  /** Takes no more, lets pages on their way commit, and puts the rest down; after `boundMs` it ends at once. */
  stop(boundMs: number): Promise<void> {
    this.#stopping ??= this.#stop(boundMs);
    return this.#stopping;
  }

  async #stop(boundMs: number): Promise<void> {
    this.#drain.abort(new Error('draining'));
    const bound = new AbortController();
    void setTimeout(boundMs, undefined, { signal: bound.signal })
      .then(() => {
        this.#abort.abort(new Error('the drain took too long'));
      })
      .catch(() => undefined);
    await this.#options.queue.stopWorking();
    bound.abort();
    await this.#tending;
    await this.#session?.end();
  }

  async #openSession(): Promise<void> {
    const session = await this.#options.openSession();
    this.#session = session;
    const slots = new SlotLimiter(
      session,
      (accountId) => this.#options.pace.slots(accountId),
      this.#options.now,
    );
    this.#slots = slots;
    this.#attempts = new TaskAttempts({
      ...this.#options,
      processId: session.processId,
      slots,
    });
  }

  async #work(delivery: Delivery): Promise<void> {
    const session = this.#session;
    if (session === undefined || session.lost.aborted) throw new StoreUnavailableError('no session');
    const signals = {
      drain: this.#drain.signal,
      abort: AbortSignal.any([this.#abort.signal, session.lost]),
    };
    this.#inHand.add(delivery.queueJobId);
    try {
      await this.#attempts?.run(delivery, signals);
    } catch (thrown) {
      const error = storeErrorFrom(thrown);
      if (!(error instanceof PipelineError) && !signals.abort.aborted && !signals.drain.aborted) {
        this.#options.onBug(error);
      }
      throw error; // the queue hands the delivery out again
    } finally {
      this.#inHand.delete(delivery.queueJobId);
    }
  }

  async #tend(): Promise<void> {
    while (!this.#drain.signal.aborted) {
      try {
        await setTimeout(rescueIntervalMs, undefined, {
          signal: AbortSignal.any([this.#drain.signal, ...(this.#session ? [this.#session.lost] : [])]),
        });
        await this.#rescue();
      } catch {
        // Stopped, the session lost, or the database away for a moment: the loop's head tells which.
      }
      if (this.#session?.lost.aborted === true) await this.#reopen();
    }
  }

  async #reopen(): Promise<void> {
    const { logger } = this.#options;
    logger.warn('database session lost; opening another');
    for (let ms = reopenMs.first; !this.#drain.signal.aborted; ms = Math.min(ms * 2, reopenMs.max)) {
      try {
        await this.#openSession();
        logger.info({ processId: this.processId }, 'database session opened again');
        await this.#rescue();
        return;
      } catch (error) {
        logger.warn({ reason: storeErrorFrom(error).message }, 'database not there');
        await setTimeout(ms, undefined, { signal: this.#drain.signal }).catch(() => undefined);
      }
    }
  }

  /** Gives back what processes that are gone had in hand, and sends what no queue entry stands for. */
  async #rescue(): Promise<void> {
    const { pool, queue, logger } = this.#options;
    const dead = (await findDeadProcesses(pool)).filter((processId) => processId !== this.processId);
    const deliveries = await releaseTasksOf(pool, dead);
    const isInHand = (queueJobId: string) => this.#inHand.has(queueJobId);
    deliveries.push(...(await releaseForgottenTasks(pool, this.processId, isInHand)));
    const abandoned = await findAbandonedDeliveries(pool);
    await queue.redeliver([...new Set([...deliveries, ...abandoned])]);
    await queue.enqueue(pool, await findUndeliveredTasks(pool));
    if (dead.length > 0) logger.info({ processes: dead, tasks: deliveries.length }, 'dead owners relieved');
  }
}
