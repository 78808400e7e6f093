import type { Sleep } from '../backoff.ts';
import type { Delivery, TaskQueue } from '../../store/ledger/task-queue.ts';

/** How often the queue is looked at when nobody says that tasks were sent. */
const pollMs = 1_000;

/** Deliveries beyond the free places are fetched for so long, at the rate of the last ones. */
const aheadMs = 200;

/** What is done in less time than this says nothing of the rate. */
const paceMsMin = 20;

/** However fast tasks are, no more are kept from other processes than these. */
const aheadMax = 100;

/** What is to be done for a delivery; it goes back to the queue where this throws. */
export type DeliveryWork = () => Promise<void>;

export interface QueueConsumerOptions {
  readonly queue: TaskQueue;
  /** Deliveries worked on at once. */
  readonly concurrency: number;
  /** Of these, for one account, so that a busy account leaves room for the others. */
  readonly concurrencyPerAccount: number;
  /** Claims what was delivered, in one go; for a delivery it leaves out there is nothing to do. */
  readonly claim: (deliveries: readonly Delivery[]) => Promise<ReadonlyMap<string, DeliveryWork>>;
  /** Told of a queue that cannot be asked; it is asked again. */
  readonly onFailure: (error: unknown) => void;
  readonly now: () => Date;
  readonly sleep: Sleep;
}

interface ClaimedDelivery {
  readonly queueJobId: string;
  readonly work: DeliveryWork;
}

/**
 * Fetches deliveries and has them worked on, so many at once.
 *
 * Deliveries are fetched, claimed and settled many at a time. How many are fetched beyond the free places
 * follows from how fast the last ones were done: long tasks stay in the queue for whoever is free first.
 */
export class QueueConsumer {
  readonly #options: QueueConsumerOptions;
  /** Deliveries and their accounts, from the fetch until the queue is told what became of them. */
  readonly #claimed = new Map<string, number>();
  readonly #waiting: ClaimedDelivery[] = [];
  readonly #working = new Set<Promise<void>>();
  #done: string[] = [];
  #undone: string[] = [];
  #ahead = 0;
  #doneSincePace = 0;
  #paceTakenAtMs: number;
  #wakeUp = Promise.withResolvers<undefined>();

  constructor(options: QueueConsumerOptions) {
    this.#options = options;
    this.#paceTakenAtMs = options.now().getTime();
  }

  /** Whether a delivery is worked on, or is about to be. */
  isClaimed(queueJobId: string): boolean {
    return this.#claimed.has(queueJobId);
  }

  /** Looks for deliveries now instead of at the next poll. */
  wake(): void {
    this.#wakeUp.resolve(undefined);
  }

  /** Works until told to stop; then what was claimed is still handed to its work, which puts it down. */
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
    await Promise.all(this.#working);
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

  /** Tells the queue what has been done with deliveries. What it could not be told it finds out: nobody works on them. */
  async #settle(): Promise<void> {
    const [done, undone] = [this.#done, this.#undone];
    this.#done = [];
    this.#undone = [];
    for (const queueJobId of [...done, ...undone]) this.#claimed.delete(queueJobId);
    await this.#options.queue.complete(done);
    await this.#options.queue.redeliver(undone, 'put down');
  }

  /** Fetches while there is room, and as much as was asked for comes. */
  async #fill(): Promise<void> {
    this.#lookAhead();
    for (;;) {
      const { deliveriesMax, fullAccounts } = this.#room();
      if (deliveriesMax <= 0) return;
      const deliveries = await this.#options.queue.fetch({ deliveriesMax, exceptAccounts: fullAccounts });
      if (deliveries.length > 0) await this.#claim(deliveries);
      if (deliveries.length < deliveriesMax) return;
    }
  }

  /** How many deliveries may come so that no account has more than its share, were they all of one. */
  #room(): { deliveriesMax: number; fullAccounts: number[] } {
    const { concurrency, concurrencyPerAccount } = this.#options;
    const shares = new Map<number, number>();
    for (const account of this.#claimed.values()) shares.set(account, (shares.get(account) ?? 0) + 1);
    const shareMax = concurrencyPerAccount + this.#ahead;
    const fullAccounts: number[] = [];
    let room = concurrency + this.#ahead - this.#claimed.size;
    for (const [account, count] of shares) {
      if (count >= shareMax) fullAccounts.push(account);
      else room = Math.min(room, shareMax - count);
    }
    return { deliveriesMax: Math.min(room, shareMax), fullAccounts };
  }

  async #claim(deliveries: readonly Delivery[]): Promise<void> {
    for (const { queueJobId, accountId } of deliveries) this.#claimed.set(queueJobId, accountId);
    try {
      const claimed = await this.#options.claim(deliveries);
      for (const { queueJobId } of deliveries) {
        const work = claimed.get(queueJobId);
        if (work === undefined) this.#done.push(queueJobId);
        else this.#waiting.push({ queueJobId, work });
      }
    } catch (error) {
      this.#undone.push(...deliveries.map(({ queueJobId }) => queueJobId));
      throw error;
    }
    this.#startUpTo(this.#options.concurrency);
  }

  /** As many as were done in the last while will be done in the next one. */
  #lookAhead(): void {
    const nowMs = this.#options.now().getTime();
    const elapsedMs = nowMs - this.#paceTakenAtMs;
    if (elapsedMs < paceMsMin) return;
    this.#ahead = Math.min(aheadMax, Math.floor((this.#doneSincePace / elapsedMs) * aheadMs));
    this.#doneSincePace = 0;
    this.#paceTakenAtMs = nowMs;
  }

  #startUpTo(concurrency: number): void {
    while (this.#working.size < concurrency) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      const working = this.#work(next).finally(() => {
        this.#working.delete(working);
        this.#startUpTo(concurrency);
        // Half of what was fetched ahead is left to work on while more is fetched.
        if (this.#waiting.length * 2 <= this.#ahead) this.wake();
      });
      this.#working.add(working);
    }
  }

  async #work({ queueJobId, work }: ClaimedDelivery): Promise<void> {
    try {
      await work();
      this.#done.push(queueJobId);
    } catch {
      this.#undone.push(queueJobId);
    }
    this.#doneSincePace += 1;
  }
}
