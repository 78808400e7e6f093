import { setTimeout } from 'node:timers/promises';
import type { ProcessSession } from './session.ts';

/** A held permission to have one Retrieve in flight for an account. */
export interface Slot {
  readonly number: number;
  release(): void;
}

/** How often another process's slots are looked at again; jittered so that waiters do not march in step. */
const retryMs = { least: 40, most: 120 };

/** A slot goes straight to the next waiter of this process for so long; then others get their chance. */
const handOverMsMax = 2000;

interface Waiter {
  resolve(slot: Slot): void;
  reject(error: unknown): void;
}

interface AccountSlots {
  /** Numbers this process holds locks for. */
  held: Set<number>;
  waiters: Waiter[];
  isSeeking: boolean;
}

/**
 * Bounds the Retrieves in flight per account over all processes.
 *
 * Slot numbers are handed out once in a process, and each number is backed by a session-level advisory
 * lock, so two processes never hold the same one. A lost connection frees all of them at once; the
 * session's `lost` signal must then end what runs under them.
 */
export class SlotLimiter {
  readonly #session: ProcessSession;
  readonly #slotsPerAccount: (accountId: number) => number;
  readonly #now: () => Date;
  readonly #accounts = new Map<number, AccountSlots>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(session: ProcessSession, slotsPerAccount: (accountId: number) => number, now: () => Date) {
    this.#session = session;
    this.#slotsPerAccount = slotsPerAccount;
    this.#now = now;
  }

  /** Waits for a slot; rejects with the signal's reason when that aborts first. */
  acquire(accountId: number, signal: AbortSignal): Promise<Slot> {
    signal.throwIfAborted();
    this.#session.lost.throwIfAborted();
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
      if (!slots.isSeeking) void this.#seek(accountId, slots);
    });
  }

  #slotsOf(accountId: number): AccountSlots {
    const known = this.#accounts.get(accountId);
    if (known !== undefined) return known;
    const created: AccountSlots = { held: new Set(), waiters: [], isSeeking: false };
    this.#accounts.set(accountId, created);
    return created;
  }

  /** One seeker per account: it asks for locks as long as somebody waits. */
  async #seek(accountId: number, slots: AccountSlots): Promise<void> {
    slots.isSeeking = true;
    try {
      while (slots.waiters.length > 0) {
        const number = await this.#lockOneFree(accountId, slots);
        const waiter = number === undefined ? undefined : slots.waiters.shift();
        if (number !== undefined && waiter !== undefined) {
          slots.held.add(number);
          waiter.resolve(this.#slot(accountId, slots, number, this.#now().getTime()));
        } else if (number !== undefined) {
          await this.#unlock(accountId, number);
        } else {
          await setTimeout(retryMs.least + Math.random() * (retryMs.most - retryMs.least));
        }
      }
    } catch (error) {
      for (const waiter of slots.waiters.splice(0)) waiter.reject(error);
    } finally {
      slots.isSeeking = false;
    }
  }

  async #lockOneFree(accountId: number, slots: AccountSlots): Promise<number | undefined> {
    for (let number = 0; number < this.#slotsPerAccount(accountId); number += 1) {
      if (slots.held.has(number)) continue;
      const key = slotKey(accountId, number);
      if (await this.#ask('select pg_try_advisory_lock(hashtextextended($1, 0)) as answer', key))
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
        const isLockedForLong = this.#now().getTime() - lockedAtMs >= handOverMsMax;
        const mayHandOver = number < this.#slotsPerAccount(accountId) && !isLockedForLong;
        const next = mayHandOver ? slots.waiters.shift() : undefined;
        if (next === undefined) void this.#giveBack(accountId, slots, number);
        else next.resolve(this.#slot(accountId, slots, number, lockedAtMs));
      },
    };
  }

  async #giveBack(accountId: number, slots: AccountSlots, number: number): Promise<void> {
    // Where unlocking fails the connection is gone, and the lock with it.
    await this.#unlock(accountId, number).catch(() => undefined);
    slots.held.delete(number);
    if (slots.waiters.length > 0 && !slots.isSeeking) await this.#seek(accountId, slots);
  }

  async #unlock(accountId: number, number: number): Promise<void> {
    const key = slotKey(accountId, number);
    await this.#ask('select pg_advisory_unlock(hashtextextended($1, 0)) as answer', key);
  }

  /** One statement at a time: accounts share the connection, and the driver is about to stop queueing for them. */
  async #ask(text: string, key: string): Promise<boolean> {
    const { connection } = this.#session;
    const asked = this.#last.then(() => connection.query<{ answer: boolean }>(text, [key]));
    this.#last = asked.catch(() => undefined);
    return (await asked).rows[0]?.answer === true;
  }
}

function slotKey(accountId: number, number: number): string {
  return `sfmc-tracking slot ${accountId}/${number}`;
}
