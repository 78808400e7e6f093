import { ProcessSlots } from './process-slots.ts';
import { announceUrgent, lookForUrgent, type Urgency, urgentKey, withdrawUrgent } from './urgency.ts';
import { isUrgentWaiter, nextWaiter, takeUrgent, type Waiter, waitAmong } from './waiters.ts';

/** A permit for one Retrieve in flight for an account. */
export interface Slot {
  readonly number: number;
  release(): void;
}

/** Poll interval for another process's slots; jittered, so that waiters do not poll at the same moment. */
const retryMs = { least: 40, most: 120 };

/** How long a process hands a slot on to its own waiters before other processes may take it. */
const handOverMsMax = 2000;

/** The one kind of statement that slots need of a connection, which runs one at a time. */
interface LockConnection {
  query(text: string, values: [key: string]): Promise<{ rows: { isDone: boolean }[] }>;
}

export interface SlotOptions {
  /** Locks are held on its connection. */
  readonly session: { readonly lost: AbortSignal; readonly connection: LockConnection };
  /** Retrieves of an account that may be in flight at once, over all processes. */
  readonly slotsOf: (accountId: number) => number;
  /** Slots that this process may hold at once, over all accounts. */
  readonly slotsMax: number;
  readonly now: () => Date;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly random: () => number;
}

interface AccountSlots {
  /** Numbers this process holds locks for. */
  held: Set<number>;
  waiters: Waiter<Slot>[];
  isLocking: boolean;
  /** Other processes can see that an urgent task waits here. */
  isAnnounced: boolean;
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
  readonly #process: ProcessSlots;

  constructor(options: SlotOptions) {
    this.#options = options;
    this.#process = new ProcessSlots(options.slotsMax);
  }

  /** Waits for a slot; rejects with the signal's reason when that aborts first. */
  acquire(accountId: number, signal: AbortSignal, urgency: Urgency = 'urgent'): Promise<Slot> {
    signal.throwIfAborted();
    this.#options.session.lost.throwIfAborted();
    const slots = this.#slotsOf(accountId);
    const waiting = waitAmong(slots, urgency, signal);
    if (!slots.isLocking) void this.#lockForWaiters(accountId, slots);
    return waiting;
  }

  /** Whether a slot that was acquired earlier is one too many by now, because the number of slots was reduced. */
  isInExcess(accountId: number, { number }: Slot): boolean {
    return number >= this.#options.slotsOf(accountId);
  }

  /** Whether an urgent task waits for a slot of the account, in any process. */
  async isUrgentWaiting(accountId: number): Promise<boolean> {
    const { waiters, isAnnounced } = this.#slotsOf(accountId);
    if (isAnnounced || waiters.some(isUrgentWaiter)) return true;
    if (
      this.#process.isFull &&
      [...this.#accounts.values()].some((other) => other.waiters.some(isUrgentWaiter))
    )
      return true;
    return !(await this.#query(lookForUrgent, urgentKey(accountId)));
  }

  #slotsOf(accountId: number): AccountSlots {
    const known = this.#accounts.get(accountId);
    if (known !== undefined) return known;
    const created: AccountSlots = { held: new Set(), waiters: [], isLocking: false, isAnnounced: false };
    this.#accounts.set(accountId, created);
    return created;
  }

  /** Tries to lock slots while there are waiters; runs once per account. */
  async #lockForWaiters(accountId: number, slots: AccountSlots): Promise<void> {
    slots.isLocking = true;
    try {
      while (slots.waiters.length > 0) {
        const number = await this.#lockForNext(accountId, slots);
        const waiter = number === undefined ? undefined : nextWaiter(slots);
        if (number !== undefined && waiter !== undefined) {
          slots.held.add(number);
          waiter.resolve(this.#slot(accountId, slots, number, this.#options.now().getTime()));
        } else if (number !== undefined) {
          await this.#unlock(accountId, number);
        } else {
          const { session, sleep, random } = this.#options;
          const ms = retryMs.least + random() * (retryMs.most - retryMs.least);
          const slept = sleep(ms, session.lost);
          await (this.#process.isFull ? Promise.race([slept, this.#process.freed]) : slept);
        }
      }
    } catch (error) {
      for (const waiter of slots.waiters.splice(0)) waiter.reject(error);
    } finally {
      if (slots.isAnnounced) await this.#announce(accountId, slots, false).catch(() => undefined);
      slots.isLocking = false;
    }
    // One that came while this ended.
    if (slots.waiters.length > 0 && !this.#options.session.lost.aborted)
      await this.#lockForWaiters(accountId, slots);
  }

  /** A free slot for whichever waits; none for a task that has to give way. */
  async #lockForNext(accountId: number, slots: AccountSlots): Promise<number | undefined> {
    const hasUrgent = slots.waiters.some(isUrgentWaiter);
    if (!hasUrgent) {
      if (slots.isAnnounced) await this.#announce(accountId, slots, false);
      if (await this.isUrgentWaiting(accountId)) return undefined;
    }
    const number = this.#process.isFull ? undefined : await this.#lockOneFree(accountId, slots);
    if (hasUrgent && number === undefined && !slots.isAnnounced) await this.#announce(accountId, slots, true);
    return number;
  }

  /** Shows other processes that an urgent task waits here, or no more; ends with the connection in any case. */
  async #announce(accountId: number, slots: AccountSlots, isWaiting: boolean): Promise<void> {
    const isDone = await this.#query(isWaiting ? announceUrgent : withdrawUrgent, urgentKey(accountId));
    // Refused where another process looks at this very moment: the next round tries again.
    slots.isAnnounced = isWaiting && isDone;
  }

  async #lockOneFree(accountId: number, slots: AccountSlots): Promise<number | undefined> {
    this.#process.take();
    for (let number = 0; number < this.#options.slotsOf(accountId); number += 1) {
      if (slots.held.has(number)) continue;
      const key = slotKey(accountId, number);
      if (await this.#query('select pg_try_advisory_lock(hashtextextended($1, 0)) as "isDone"', key))
        return number;
    }
    this.#process.cancel();
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
        const next = mayHandOver ? takeUrgent(slots) : undefined;
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
    this.#process.giveBack();
  }

  async #query(text: string, key: string): Promise<boolean> {
    const { rows } = await this.#options.session.connection.query(text, [key]);
    return rows[0]?.isDone === true;
  }
}

/** The text whose hash is the number of a slot's lock. */
export function slotKey(accountId: number, number: number): string {
  return `sfmc-tracking slot ${accountId}/${number}`;
}
