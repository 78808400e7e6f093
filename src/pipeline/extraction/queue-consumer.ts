import type { Delivery, TaskQueue } from '../../store/queue/task-queue.ts';
import type { Sleep } from '../backoff.ts';
import { type Handle, Lane } from './turns/lane.ts';

/** How often the queue is polled without a notification. */
const pollMs = 1_000;

/** Prefetch at most as many deliveries as finished in the last 200 ms. */
const prefetchMs = 200;

/** A shorter interval than this says nothing about the rate. */
const rateMsMin = 20;

/** Most deliveries to prefetch, so that other processes get work too. */
const prefetchMax = 100;

export interface QueueConsumerOptions<Task> {
  readonly queue: TaskQueue;
  /** Tasks handled at once. */
  readonly concurrency: number;
  /** Of these, for one account, so that a busy account leaves room for the others. */
  readonly concurrencyPerAccount: number;
  /** Whether this process has credentials for the account. */
  readonly isServed: (accountId: number) => boolean;
  /** Claims the tasks of deliveries, by task id; one that it leaves out is settled, or has another owner. */
  readonly claim: (deliveries: readonly Delivery[]) => Promise<ReadonlyMap<number, Task>>;
  /** Whether a task is of a sync: it has places of its own, which no other task can take. */
  readonly isUrgent: (task: Task) => boolean;
  /** Handles a claimed task; the delivery returns to the queue where this throws. */
  readonly handle: Handle<Task>;
  /** Called when the queue cannot be reached; it is tried again. */
  readonly onFailure: (error: unknown) => void;
  readonly now: () => Date;
  readonly sleep: Sleep;
}

interface ClaimedTask<Task> {
  readonly queueJobId: string;
  readonly task: Task;
}

/**
 * Fetches deliveries and has their tasks handled, a limited number at once.
 *
 * Idle: the queue is empty or all places are taken; waits for a notification, a finished task, or the poll.
 * Filling: settles what has finished, then fetches while there is room; each fetch is claimed in one statement.
 * Draining: fetches no more, but still passes claimed tasks to their handler, which releases them; ends when the
 * last handler has.
 *
 * Deliveries are fetched, claimed and settled many at a time. The number that is prefetched beyond the free
 * places follows from the rate of the last ones, so that long tasks stay in the queue for the first free process.
 */
export class QueueConsumer<Task> {
  readonly #options: QueueConsumerOptions<Task>;
  /** Deliveries from the fetch until the queue has their result. */
  readonly #claimed = new Map<string, { readonly accountId: number; isUrgent: boolean }>();
  /** Claimed tasks that wait for a place, and those that are being handled: of a sync, and others. */
  readonly #urgent = new Lane<ClaimedTask<Task>>();
  readonly #others = new Lane<ClaimedTask<Task>>();
  /** Accounts that only other processes serve; their deliveries are fetched once and then left in the queue. */
  readonly #foreign = new Set<number>();
  #finished: string[] = [];
  #returned: string[] = [];
  #prefetch = 0;
  #finishedInInterval = 0;
  #intervalBeganAtMs: number;
  #wakeUp = Promise.withResolvers<undefined>();

  constructor(options: QueueConsumerOptions<Task>) {
    this.#options = options;
    this.#intervalBeganAtMs = options.now().getTime();
  }

  /** Whether the task of a delivery is being handled, or is about to be. */
  isClaimed(queueJobId: string): boolean {
    return this.#claimed.has(queueJobId);
  }

  /** Fetches now instead of at the next poll. */
  wake(): void {
    this.#wakeUp.resolve(undefined);
  }

  /** Consumes until the signal aborts, then drains. */
  async run(drain: AbortSignal): Promise<void> {
    const wake = () => {
      this.wake();
    };
    drain.addEventListener('abort', wake);
    while (!drain.aborted) {
      this.#wakeUp = Promise.withResolvers();
      await this.#turn(drain);
      const timer = setTimeout(wake, pollMs);
      await this.#wakeUp.promise;
      clearTimeout(timer);
    }
    drain.removeEventListener('abort', wake);
    this.#startUpTo(Infinity);
    await Promise.all([this.#urgent.settled(), this.#others.settled()]);
    await this.#settle().catch(this.#options.onFailure);
  }

  async #turn(drain: AbortSignal): Promise<void> {
    try {
      await this.#settle();
      await this.#fill();
    } catch (error) {
      this.#options.onFailure(error);
      await this.#options.sleep(pollMs, drain).catch(() => undefined);
    }
  }

  /** Reports results to the queue. If this fails, the rescuer redelivers them later. */
  async #settle(): Promise<void> {
    const [finished, returned] = [this.#finished, this.#returned];
    this.#finished = [];
    this.#returned = [];
    for (const queueJobId of [...finished, ...returned]) this.#claimed.delete(queueJobId);
    await this.#options.queue.complete(finished);
    await this.#options.queue.redeliver(returned, 'released');
  }

  /** Fetches while there is room and the queue returns as many as requested. */
  async #fill(): Promise<void> {
    this.#measureRate();
    for (;;) {
      const room = this.#room(false);
      const isUrgentOnly = room.deliveriesMax <= 0;
      const { deliveriesMax, fullAccounts } = isUrgentOnly ? this.#room(true) : room;
      if (deliveriesMax <= 0) return;
      const exceptAccounts = [...fullAccounts, ...this.#foreign];
      const deliveries = await this.#options.queue.fetch({ deliveriesMax, exceptAccounts, isUrgentOnly });
      const served = deliveries.filter((delivery) => this.#isServed(delivery));
      if (served.length > 0) await this.#claim(served);
      if (deliveries.length < deliveriesMax) return;
    }
  }

  /** Some other process serves the accounts of the rest: they return to the queue, and are not fetched again. */
  #isServed({ queueJobId, accountId }: Delivery): boolean {
    if (this.#options.isServed(accountId)) return true;
    this.#foreign.add(accountId);
    this.#returned.push(queueJobId);
    this.wake();
    return false;
  }

  /**
   * How many deliveries may be fetched so that no account gets more than its share, were they all of one. `ofUrgent`: of a
   * sync, which finds the places of other tasks free.
   */
  #room(ofUrgent: boolean): { deliveriesMax: number; fullAccounts: number[] } {
    const { concurrency, concurrencyPerAccount } = this.#options;
    const shares = new Map<number, number>();
    const counted = [...this.#claimed.values()].filter(({ isUrgent }) => isUrgent || !ofUrgent);
    for (const { accountId } of counted) shares.set(accountId, (shares.get(accountId) ?? 0) + 1);
    const shareMax = concurrencyPerAccount + this.#prefetch;
    const fullAccounts: number[] = [];
    let room = concurrency + this.#prefetch - counted.length;
    for (const [account, count] of shares) {
      if (count >= shareMax) fullAccounts.push(account);
      else room = Math.min(room, shareMax - count);
    }
    return { deliveriesMax: Math.min(room, shareMax), fullAccounts };
  }

  async #claim(deliveries: readonly Delivery[]): Promise<void> {
    for (const { queueJobId, accountId } of deliveries)
      this.#claimed.set(queueJobId, { accountId, isUrgent: true });
    try {
      const tasks = await this.#options.claim(deliveries);
      for (const { queueJobId, taskId } of deliveries) {
        const task = tasks.get(taskId);
        if (task === undefined) this.#finished.push(queueJobId);
        else this.#await({ queueJobId, task });
      }
    } catch (error) {
      this.#returned.push(...deliveries.map(({ queueJobId }) => queueJobId));
      throw error;
    }
    this.#startUpTo(this.#options.concurrency);
  }

  /** As many as finished in the last interval will finish in the next one. */
  #measureRate(): void {
    const nowMs = this.#options.now().getTime();
    const elapsedMs = nowMs - this.#intervalBeganAtMs;
    if (elapsedMs < rateMsMin) return;
    this.#prefetch = Math.min(prefetchMax, Math.floor((this.#finishedInInterval / elapsedMs) * prefetchMs));
    this.#finishedInInterval = 0;
    this.#intervalBeganAtMs = nowMs;
  }

  #await(claimed: ClaimedTask<Task>): void {
    const isUrgent = this.#options.isUrgent(claimed.task);
    const delivery = this.#claimed.get(claimed.queueJobId);
    if (delivery !== undefined) delivery.isUrgent = isUrgent;
    (isUrgent ? this.#urgent : this.#others).push(claimed);
  }

  #startUpTo(concurrency: number): void {
    for (const lane of [this.#urgent, this.#others]) {
      const onFinished = () => {
        // Half of what was prefetched remains to be handled while more is fetched.
        if (lane.waitingCount * 2 <= this.#prefetch) this.wake();
      };
      lane.startUpTo(concurrency, (claimed, leavePlace) => this.#handle(claimed, leavePlace), onFinished);
    }
  }

  async #handle({ queueJobId, task }: ClaimedTask<Task>, leavePlace: () => void): Promise<void> {
    try {
      await this.#options.handle(task, leavePlace);
      this.#finished.push(queueJobId);
    } catch {
      this.#returned.push(queueJobId);
    }
    this.#finishedInInterval += 1;
  }
}
