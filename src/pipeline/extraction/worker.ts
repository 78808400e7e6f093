import { StoreUnavailableError } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import { isUrgent, type OwnedTask, takeTasks } from '../../store/ledger/task-ledger.ts';
import { type Delivery, type TaskQueue, tasksChannel } from '../../store/queue/task-queue.ts';
import { noteAlone } from '../../store/ledger/task-rescue.ts';
import { type Pool, storeErrorFrom } from '../../store/connection/pool.ts';
import type { ProcessSession } from '../../store/connection/session.ts';
import { SlotLimiter } from '../../store/slots/slots.ts';
import type { Sleep } from '../backoff.ts';
import { endsTheProcess } from '../policy/error-policy.ts';
import type { ExtractSignals } from './extract-task.ts';
import { QueueConsumer } from './queue-consumer.ts';
import { Rescuer } from './rescuer.ts';
import { Solitude } from './turns/solitude.ts';
import type { TaskAttempts } from './task-attempts.ts';

/** How often the worker looks for owners that died. */
const rescueIntervalMs = 2_000;

/** First wait before the session that holds this process's locks is opened again; doubles to ten seconds. */
const reopenMs = { first: 250, max: 10_000 };

export interface WorkerOptions {
  readonly pool: Pool;
  readonly queue: TaskQueue;
  readonly openSession: () => Promise<ProcessSession>;
  /** Makes what executes the tasks that are claimed under one session. */
  readonly createAttempts: (slots: SlotLimiter) => TaskAttempts;
  /** Whether this process has credentials for the account. */
  readonly isServed: (accountId: number) => boolean;
  /** Retrieves of an account that may be in flight at once. */
  readonly slotsOf: (accountId: number) => number;
  /** Tasks claimed at once: as many as the slots of all accounts allow, and some that wait for one. */
  readonly concurrency: number;
  readonly concurrencyPerAccount: number;
  /** Retrieves that this process may have in flight at once, over all accounts. */
  readonly slotsMax: number;
  /** A bug, or a setting that is wrong: the process cannot go on. */
  readonly onFatal: (error: unknown) => void;
  readonly logger: Logger;
  readonly now: () => Date;
  readonly sleep: Sleep;
  readonly random: () => number;
}

/** What the tasks that were claimed under one session share; they are given up when it is lost. */
interface Execution {
  readonly session: ProcessSession;
  readonly slots: SlotLimiter;
  readonly attempts: TaskAttempts;
  readonly signals: ExtractSignals;
}

interface ClaimedTask {
  readonly task: OwnedTask;
  readonly execution: Execution;
}

/**
 * Executes extract tasks from the queue until it is stopped, and releases the tasks of owners that died.
 *
 * When the session that holds this process's locks is lost, the tasks claimed under it are given up at once,
 * since other processes may claim them from then on; a new session is opened and work continues.
 */
export class Worker {
  readonly #options: WorkerOptions;
  readonly #drain = new AbortController();
  readonly #abort = new AbortController();
  readonly #consumer: QueueConsumer<ClaimedTask>;
  readonly #rescuer: Rescuer;
  readonly #solitude = new Solitude();
  #execution: Execution | undefined;
  #consuming: Promise<void> | undefined;
  #rescuing: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#consumer = new QueueConsumer({
      ...options,
      claim: (deliveries) => this.#claim(deliveries),
      isUrgent: ({ task }) => isUrgent(task),
      handle: (claimed, leavePlace) => this.#execute(claimed, leavePlace),
      onFailure: (thrown) => {
        const error = storeErrorFrom(thrown);
        if (endsTheProcess(error)) options.onFatal(error);
        else options.logger.warn({ reason: error.message }, 'queue could not be reached');
      },
    });
    this.#rescuer = new Rescuer({
      ...options,
      processId: () => this.processId,
      isClaimed: (queueJobId) => this.#consumer.isClaimed(queueJobId),
    });
  }

  get processId(): number {
    return this.#execution?.session.processId ?? 0;
  }

  /** Opens the session and releases the tasks of dead owners. */
  async start(): Promise<void> {
    await this.#openSession();
    await this.#rescue();
  }

  /** Claims and executes tasks from now on. */
  startTaking(): void {
    this.#consuming = this.#consumer.run(this.#drain.signal);
    this.#rescuing = this.#keepRescuing();
  }

  /** Claims no more, commits pages that are arriving, and releases the other tasks; after `limitMs` at once. */
  stop(limitMs: number): Promise<void> {
    this.#stopping ??= this.#stop(limitMs);
    return this.#stopping;
  }

  async #stop(limitMs: number): Promise<void> {
    this.#drain.abort(new Error('draining'));
    const ended = new AbortController();
    void this.#options
      .sleep(limitMs, ended.signal)
      .then(() => {
        this.#options.logger.warn({ limitMs }, 'drain took too long: tasks are released at once');
        this.#abort.abort(new Error('the drain took too long'));
      })
      .catch(() => undefined);
    await this.#consuming;
    ended.abort();
    await this.#rescuing;
    await this.#execution?.session.end();
  }

  async #openSession(): Promise<void> {
    const { openSession, createAttempts, slotsOf, slotsMax, now, sleep, random } = this.#options;
    const session = await openSession();
    const drain = this.#drain.signal;
    const abort = AbortSignal.any([this.#abort.signal, session.lost]);
    const slots = new SlotLimiter({ session, slotsOf, slotsMax, now, sleep, random });
    const signals = { drain, abort, stop: AbortSignal.any([drain, abort]) };
    this.#execution = { session, slots, attempts: createAttempts(slots), signals };
    await session.listen(tasksChannel, () => this.#consumer.wake());
  }

  /** Claims the tasks of deliveries; one that is not returned is settled, or has another owner. */
  async #claim(deliveries: readonly Delivery[]): Promise<Map<number, ClaimedTask>> {
    const execution = this.#execution;
    if (execution === undefined || execution.session.lost.aborted)
      throw new StoreUnavailableError('no session');
    const tasks = await takeTasks(this.#options.pool, deliveries, execution.session.processId);
    return new Map([...tasks].map(([taskId, task]) => [taskId, { task, execution }]));
  }

  async #execute({ task, execution }: ClaimedTask, leavePlace: () => void): Promise<void> {
    const { attempts, signals } = execution;
    const run = () => attempts.run(task, signals, leavePlace);
    try {
      if (task.mustRunAlone) await this.#solitude.alone(() => this.#runAlone(task, run), signals.stop);
      else await this.#solitude.beside(run, signals.stop);
    } catch (thrown) {
      const error = storeErrorFrom(thrown);
      if (endsTheProcess(error) && !signals.stop.aborted) this.#options.onFatal(error);
      throw error; // the delivery returns to the queue
    }
  }

  /** If the process dies now, it is of this task. */
  async #runAlone(task: OwnedTask, run: () => Promise<void>): Promise<void> {
    this.#options.logger.warn({ taskId: task.taskId }, 'task runs alone: processes died with it');
    if (await noteAlone(this.#options.pool, task)) await run();
  }

  async #keepRescuing(): Promise<void> {
    const drain = this.#drain.signal;
    while (!drain.aborted) {
      const lost = this.#execution?.session.lost;
      try {
        await this.#options.sleep(
          rescueIntervalMs,
          AbortSignal.any(lost === undefined ? [drain] : [drain, lost]),
        );
        await this.#rescue();
      } catch {
        // Stopped, the session lost, or the database away for a moment: what follows tells which.
      }
      if (lost?.aborted === true) await this.#reopenSession();
    }
  }

  async #reopenSession(): Promise<void> {
    const { logger, sleep } = this.#options;
    const drain = this.#drain.signal;
    logger.warn('database session lost');
    for (let ms = reopenMs.first; !drain.aborted; ms = Math.min(ms * 2, reopenMs.max)) {
      try {
        await this.#openSession();
        logger.info({ processId: this.processId }, 'database session reopened');
        await this.#rescue();
        return;
      } catch (error) {
        logger.warn({ reason: storeErrorFrom(error).message }, 'database could not be reached');
        await sleep(ms, drain).catch(() => undefined);
      }
    }
  }

  async #rescue(): Promise<void> {
    if (await this.#rescuer.rescue()) this.#consumer.wake();
  }
}
