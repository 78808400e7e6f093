import type { Logger } from '../../logger.ts';

/** Wrong tokens: slowed down and logged, so that a client cannot try many. */
export interface Guesses {
  /** Waits until the response to a wrong token may leave; false where too many wait already. */
  slow(address: string): Promise<boolean>;
}

export interface GuessesOptions {
  readonly logger: Logger;
  readonly now: () => Date;
  readonly sleep: (ms: number) => Promise<unknown>;
}

/** All wrong tokens together get one response a second; more than ten that wait get none. */
const guessMs = 1000;
const waitingMax = 10;

/** One line at most a minute. */
const logMs = 60_000;

export function createGuesses({ logger, now, sleep }: GuessesOptions): Guesses {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  let wrongTokens = 0;
  let loggedAtMs = -Infinity;

  return {
    async slow(address) {
      wrongTokens += 1;
      const nowMs = now().getTime();
      if (nowMs - loggedAtMs >= logMs) {
        loggedAtMs = nowMs;
        logger.warn({ address, wrongTokens }, 'wrong HTTP_TOKEN received');
      }
      if (waiting >= waitingMax) return false;
      waiting += 1;
      last = last.then(() => sleep(guessMs));
      await last;
      waiting -= 1;
      return true;
    },
  };
}
