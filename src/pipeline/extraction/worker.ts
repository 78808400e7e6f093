import { setTimeout } from 'node:timers/promises';
import { OwnershipLostError, PipelineError, StoreUnavailableError } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import type { ProcessSession } from '../../store/session.ts';
import { type Slot, SlotLimiter } from '../../store/slots.ts';
import { storeErrorFrom } from '../../store/pool.ts';
import { type Delivery, type TaskQueue, tasksChannel } from '../../store/ledger/task-queue.ts';
import { type OwnedTask, takeTasks } from '../../store/ledger/task-ledger.ts';
import { type DeliveryWork, QueueConsumer } from './queue-consumer.ts';
import type { ExtractSignals } from './extract-task.ts';
import type { RateLimit } from '../admission/rate-limit.ts';
import type { TaskDeps } from './active-task.ts';
import { TaskAttempts } from './task-attempts.ts';
import { Rescuer } from './rescuer.ts';

/** How often dead owners are looked for. */
const rescueIntervalMs = 2_000;

/** A delivery for a business unit that another process serves goes back to the queue after so long. */
const returnDelayMs = 1_000;

/** First pause before the connection that holds this process's locks is opened again; doubles to ten seconds. */
const reopenMs = { first: 250, max: 10_000 };

export interface WorkerOptions extends Omit<TaskDeps, 'slots'> {
  readonly queue: TaskQueue;
  readonly openSession: () => Promise<ProcessSession>;
  /** Tasks in hand at once: what the slots of all accounts allow, and some that wait. */
  readonly concurrency: number;
  readonly concurrencyPerAccount: number;
  /** Retrieves of an account that may be in flight at once. */
  readonly rateLimit: RateLimit;
  readonly logger: Logger;
}

/**
 * Takes extract tasks from the queue until told to stop, and looks after owners that died.
 *
 * When the connection that holds this process's locks is lost, what it has in hand is given up at once,
 * since others may take it from then on; a new connection is opened and work goes on.
 */
export class Worker {
  readonly #options: WorkerOptions;
  readonly #drain = new AbortController();
  readonly #abort = new AbortController();
  #attempts: TaskAttempts | undefined;
  #session: ProcessSession | undefined;
  #slots: SlotLimiter | undefined;
  readonly #consumer: QueueConsumer;
  readonly #rescuer: Rescuer;
  #consuming: Promise<void> | undefined;
  #maintaining: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#consumer = new QueueConsumer({
      ...options,
      claim: (deliveries) => this.#claim(deliveries),
      onFailure: (thrown) => {
        const error = storeErrorFrom(thrown);
        if (!(error instanceof PipelineError)) options.onFatal(error);
        else options.logger.warn({ reason: error.message }, 'the queue cannot be asked');
      },
    });
    this.#rescuer = new Rescuer({
      ...options,
      processId: () => this.processId,
      isClaimed: (queueJobId) => this.#consumer.isClaimed(queueJobId),
    });
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
  startTaking(): void {
    this.#consuming = this.#consumer.run(this.#drain.signal);
    this.#maintaining = this.#maintain();
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
    await this.#consuming;
    bound.abort();
    await this.#maintaining;
    await this.#session?.end();
  }

  async #openSession(): Promise<void> {
    const session = await this.#options.openSession();
    this.#session = session;
    await session.listen(tasksChannel, () => {
      this.#consumer.wake();
    });
    const { rateLimit, now, sleep, random } = this.#options;
    const slotsOf = (accountId: number) => rateLimit.slots(accountId);
    const slots = new SlotLimiter({ session, slotsOf, now, sleep, random });
    this.#slots = slots;
    this.#attempts = new TaskAttempts({ ...this.#options, slots });
  }

  /** Takes the tasks of what was delivered; a task that cannot be taken is settled or somebody else's. */
  async #claim(deliveries: readonly Delivery[]): Promise<Map<string, DeliveryWork>> {
    const session = this.#session;
    if (session === undefined || session.lost.aborted) throw new StoreUnavailableError('no session');
    const { pool, findAccount } = this.#options;
    const isServed = ({ accountId }: Delivery) => findAccount(accountId) !== undefined;
    const tasks = await takeTasks(pool, deliveries.filter(isServed), session.processId);
    const claimed = new Map<string, DeliveryWork>();
    const signals = this.#signalsOf(session);
    for (const delivery of deliveries) {
      const { queueJobId, taskId } = delivery;
      const task = tasks.get(taskId);
      if (!isServed(delivery)) claimed.set(queueJobId, () => this.#returnDelivery(delivery, signals));
      else if (task !== undefined) claimed.set(queueJobId, () => this.#work(task, signals));
    }
    return claimed;
  }

  /** Tasks are given up where the session they were taken under is lost. */
  #signalsOf({ lost }: ProcessSession): ExtractSignals {
    const drain = this.#drain.signal;
    const abort = AbortSignal.any([this.#abort.signal, lost]);
    return { drain, abort, stop: AbortSignal.any([drain, abort]) };
  }

  /** Some other worker serves this business unit. */
  async #returnDelivery({ accountId }: Delivery, { stop }: ExtractSignals): Promise<never> {
    await this.#options.sleep(returnDelayMs, stop);
    throw new OwnershipLostError('this process has no credentials for the account', { accountId });
  }

  async #work(task: OwnedTask, signals: ExtractSignals): Promise<void> {
    try {
      await this.#attempts?.run(task, signals);
    } catch (thrown) {
      const error = storeErrorFrom(thrown);
      if (!(error instanceof PipelineError) && !signals.stop.aborted) this.#options.onFatal(error);
      throw error; // the queue hands the delivery out again
    }
  }

  async #maintain(): Promise<void> {
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

  async #rescue(): Promise<void> {
    if (await this.#rescuer.rescue()) this.#consumer.wake();
  }
}
