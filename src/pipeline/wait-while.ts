import { retryWhileUnavailable, type Sleep } from './backoff.ts';

/**
 * How often a run looks at the ledger while it waits; each look is one lookup in an index. The first looks follow
 * sooner, because a discovery that finds nothing new is settled within milliseconds.
 */
const lookMs = { first: 10, max: 100 };

/** Waits until a look at the database says false; a database that is away is asked again. */
export async function waitWhile(
  look: () => Promise<boolean>,
  sleep: Sleep,
  signal: AbortSignal,
): Promise<void> {
  for (let ms = lookMs.first; ; ms = Math.min(ms * 2, lookMs.max)) {
    signal.throwIfAborted();
    if (!(await retryWhileUnavailable(look, signal))) return;
    await sleep(ms, signal);
  }
}
