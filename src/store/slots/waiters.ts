import type { Urgency } from './urgency.ts';

/** A task that waits for a slot. */
export interface Waiter<Slot> {
  readonly urgency: Urgency;
  resolve(slot: Slot): void;
  reject(error: unknown): void;
}

/** Adds a waiter; it leaves, and its promise rejects with the signal's reason, when that aborts first. */
export function waitAmong<Slot>(
  among: { waiters: Waiter<Slot>[] },
  urgency: Urgency,
  signal: AbortSignal,
): Promise<Slot> {
  return new Promise<Slot>((resolve, reject) => {
    const waiter: Waiter<Slot> = {
      urgency,
      resolve(slot) {
        signal.removeEventListener('abort', onAbort);
        resolve(slot);
      },
      reject(error) {
        signal.removeEventListener('abort', onAbort);
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    };
    const onAbort = () => {
      among.waiters = among.waiters.filter((other) => other !== waiter);
      waiter.reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    among.waiters.push(waiter);
  });
}

export function isUrgentWaiter({ urgency }: Waiter<unknown>): boolean {
  return urgency === 'urgent';
}

/** The first urgent waiter, else the first of all. */
export function nextWaiter<Slot>(among: { waiters: Waiter<Slot>[] }): Waiter<Slot> | undefined {
  return takeUrgent(among) ?? among.waiters.shift();
}

export function takeUrgent<Slot>({ waiters }: { waiters: Waiter<Slot>[] }): Waiter<Slot> | undefined {
  const at = waiters.findIndex(isUrgentWaiter);
  return at < 0 ? undefined : waiters.splice(at, 1)[0];
}
