import { setTimeout } from 'node:timers/promises';

/** No wait between two tries is longer. */
const backoffMsMax = 120_000;

/** A source that asks for less gets at least this many first steps of rest: a minute at the default. */
const slowFactor = 30;

/** Exponential with full jitter: somewhere between nothing and the step of this try. */
export function backoffMs(attempts: number, baseMs: number, random: () => number): number {
  return random() * Math.min(backoffMsMax, baseMs * 2 ** Math.min(attempts, 16));
}

/** How long to rest when asked to slow down; what the source says (`Retry-After`) goes first. */
export function slowDownMs(attempts: number, baseMs: number, retryAfterMs: unknown): number {
  const own = Math.min(backoffMsMax * 4, baseMs * slowFactor * 2 ** Math.min(attempts, 4));
  return typeof retryAfterMs === 'number' && Number.isFinite(retryAfterMs)
    ? Math.min(Math.max(retryAfterMs, 0), backoffMsMax * 10)
    : own;
}

/** Waits; rejects with the signal's reason when that aborts first. */
export async function rest(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  try {
    await setTimeout(ms, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
