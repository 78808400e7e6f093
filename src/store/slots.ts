/** A permit for one Retrieve in flight for an account. */
export interface Slot {
  readonly number: number;
  release(): void;
}

/** Poll interval for another process's slots; jittered, so that waiters do not poll at the same moment. */
const retryMs = { least: 40, most: 120 };

/** How long a process hands a slot on to its own waiters before other processes may take it. */
const handOverMsMax = 2000;

/** The one kind of statement that slots need of a connection. */
interface LockConnection {
  query(text: string, values: [key: string]): Promise<{ rows: { isDone: boolean }[] }>;
}

export interface SlotOptions {
  /** Locks are held on its connection. */
  readonly session: { readonly lost: AbortSignal; readonly connection: LockConnection };
  /** Retrieves of an account that may be in flight at once, over all processes. */
  readonly slotsOf: (accountId: number) => number;
  readonly now: () => Date;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly random: () => number;
}

interface Waiter {
  resolve(slot: Slot): void;
  reject(error: unknown): void;
}

interface AccountSlots {
  /** Numbers this process holds locks for. */
  held: Set<number>;
  waiters: Waiter[];
  isLocking: boolean;
}

/**
 * Limits the Retrieves in flight per account, over all processes.
 *
 * Slot numbers are handed out once in a process, and each number is backed by a session-level advisory
 * lock, so two processes never hold the same one. A lost connection frees all of them at once; the
 * session's `lost` signal must then end what runs under them.
 */
export class SlotLimiter {
  readonly #options: SlotOptions;
  readonly #accounts = new Map<number, AccountSlots>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: SlotOptions) {
    this.#options = options;
  }

  /** Waits for a slot; rejects with the signal's reason when that aborts first. */
  acquire(accountId: number, signal: AbortSignal): Promise<Slot> {
    signal.throwIfAborted();
    this.#options.session.lost.throwIfAborted();
    const slots = this.#slotsOf(accountId);
    return new Promise<Slot>((resolve, reject) => {
      const settle = () => {
        signal.removeEventListener('abort', onAbort);
      };
      const waiter: Waiter = {
        resolve(slot) {
          settle();
          resolve(slot);
        },
        reject(error) {
          settle();
          reject(error instanceof Error ? error : new Error(String(error)));
        },
      };
      const onAbort = () => {
        slots.waiters = slots.waiters.filter((other) => other !== waiter);
        waiter.reject(signal.reason);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      slots.waiters.push(waiter);
      if (!slots.isLocking) void this.#lockForWaiters(accountId, slots);
    });
  }

  /** Whether a slot that was acquired earlier is one too many by now, because the number of slots was reduced. */
  isInExcess(accountId: number, { number }: Slot): boolean {
    return number >= this.#options.slotsOf(accountId);
  }

  #slotsOf(accountId: number): AccountSlots {
    const known = this.#accounts.get(accountId);
    if (known !== undefined) return known;
    const created: AccountSlots = { held: new Set(), waiters: [], isLocking: false };
    this.#accounts.set(accountId, created);
    return created;
  }

  /** Tries to lock slots while there are waiters; runs once per account. */
  async #lockForWaiters(accountId: number, slots: AccountSlots): Promise<void> {
    slots.isLocking = true;
    try {
      while (slots.waiters.length > 0) {
        const number = await this.#lockOneFree(accountId, slots);
        const waiter = number === undefined ? undefined : slots.waiters.shift();
        if (number !== undefined && waiter !== undefined) {
          slots.held.add(number);
          waiter.resolve(this.#slot(accountId, slots, number, this.#options.now().getTime()));
        } else if (number !== undefined) {
          await this.#unlock(accountId, number);
        } else {
          const { session, sleep, random } = this.#options;
          await sleep(retryMs.least + random() * (retryMs.most - retryMs.least), session.lost);
        }
      }
    } catch (error) {
      for (const waiter of slots.waiters.splice(0)) waiter.reject(error);
    } finally {
      slots.isLocking = false;
    }
  }

  async #lockOneFree(accountId: number, slots: AccountSlots): Promise<number | undefined> {
    for (let number = 0; number < this.#options.slotsOf(accountId); number += 1) {
      if (slots.held.has(number)) continue;
      const key = slotKey(accountId, number);
      if (await this.#query('select pg_try_advisory_lock(hashtextextended($1, 0)) as "isDone"', key))
        return number;
    }
    return undefined;
  }

  #slot(accountId: number, slots: AccountSlots, number: number, lockedAtMs: number): Slot {
    let isReleased = false;
    return {
      number,
      release: () => {
        if (isReleased) return;
        isReleased = true;
        const isLockedForLong = this.#options.now().getTime() - lockedAtMs >= handOverMsMax;
        const mayHandOver = number < this.#options.slotsOf(accountId) && !isLockedForLong;
        const next = mayHandOver ? slots.waiters.shift() : undefined;
        if (next === undefined) void this.#return(accountId, slots, number);
        else next.resolve(this.#slot(accountId, slots, number, lockedAtMs));
      },
    };
  }

  async #return(accountId: number, slots: AccountSlots, number: number): Promise<void> {
    // If unlocking fails, the connection is lost and the lock with it.
    await this.#unlock(accountId, number).catch(() => undefined);
    slots.held.delete(number);
    if (slots.waiters.length > 0 && !slots.isLocking) await this.#lockForWaiters(accountId, slots);
  }

  async #unlock(accountId: number, number: number): Promise<void> {
    const key = slotKey(accountId, number);
    await this.#query('select pg_advisory_unlock(hashtextextended($1, 0)) as "isDone"', key);
  }

  /** One statement at a time: accounts share the connection, and the driver is about to stop queueing for them. */
  async #query(text: string, key: string): Promise<boolean> {
    const { connection } = this.#options.session;
    const queried = this.#last.then(() => connection.query(text, [key]));
    this.#last = queried.catch(() => undefined);
    return (await queried).rows[0]?.isDone === true;
  }
}

/** The text whose hash is the number of a slot's lock. */
export function slotKey(accountId: number, number: number): string {
  return `sfmc-tracking slot ${accountId}/${number}`;
}
