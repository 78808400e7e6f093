import { setTimeout } from 'node:timers/promises';
import { StoreUnavailableError } from '../errors.ts';
import { storeErrorFrom } from '../store/connection/pool.ts';

/** Waits; rejects with the signal's reason when that aborts first. Tests give one with a clock of their own. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

/** No wait between two attempts is longer. */
const backoffMsMax = 120_000;

/** The wait of an account that was asked to slow down, in first steps of the back-off: a minute at the default. */
const slowFactor = 30;

/** Exponential with full jitter: somewhere between nothing and the step of this attempt. */
export function backoffMs(attempts: number, baseMs: number, random: () => number): number {
  return random() * Math.min(backoffMsMax, baseMs * 2 ** Math.min(attempts, 16));
}

/** How long to wait after being asked to slow down; `Retry-After` goes first. */
export function slowDownMs(attempts: number, baseMs: number, retryAfterMs: number | undefined): number {
  const own = Math.min(backoffMsMax * 4, baseMs * slowFactor * 2 ** Math.min(attempts, 4));
  return retryAfterMs !== undefined && Number.isFinite(retryAfterMs)
    ? Math.min(Math.max(retryAfterMs, 0), backoffMsMax * 10)
    : own;
}

/** The machine's own timers. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  try {
    await setTimeout(ms, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

/** A database that restarts, fails over or has no connection to spare is back within this time. */
const outageMsMax = 120_000;

const outageWaitMs = { first: 100, max: 5_000 };

/**
 * Does work with the database, again from its beginning while the database is away; after two minutes of
 * waiting it gives up. An attempt whose commit was not confirmed may have happened: repeating it must do no harm.
 *
 * @throws {StoreUnavailableError} when the outage lasts.
 */
export async function retryWhileUnavailable<Result>(
  work: () => Promise<Result>,
  signal: AbortSignal,
  sleepFor: Sleep = sleep,
): Promise<Result> {
  let waitedMs = 0;
  for (let waitMs = outageWaitMs.first; ; waitMs = Math.min(waitMs * 2, outageWaitMs.max)) {
    try {
      return await work();
    } catch (caught) {
      const error = storeErrorFrom(caught);
      const isOver = waitedMs >= outageMsMax || signal.aborted;
      if (!(error instanceof StoreUnavailableError) || isOver) throw error;
      await sleepFor(waitMs, signal);
      waitedMs += waitMs;
    }
  }
}
