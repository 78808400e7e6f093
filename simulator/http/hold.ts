import { untilAborted } from '../faults/delivery.ts';

/** Retrieves that wait, so that a test can act at a known place between two pages. */
export interface Hold {
  /** Settles when the first Retrieve waits. */
  readonly reached: Promise<void>;
  release(): void;
}

export interface Holds {
  /** Lets that number of Retrieves pass and holds the following ones before they are read. */
  holdAfter(retrieves: number): Hold;
  /** Waits while Retrieves are held; false where the signal was aborted meanwhile. */
  pass(signal: AbortSignal): Promise<boolean>;
}

interface Barrier {
  left: number;
  readonly reached: Signal;
  readonly released: Signal;
}

type Signal = PromiseWithResolvers<undefined>;

/** One hold at a time: a new one releases the one before. */
export function createHolds(): Holds {
  let current: Barrier | undefined;
  return {
    holdAfter: (retrieves) => {
      current?.released.resolve(undefined);
      const [reached, released] = [createSignal(), createSignal()];
      const barrier = { left: retrieves, reached, released };
      current = barrier;
      const release = (): void => {
        released.resolve(undefined);
        if (current === barrier) current = undefined;
      };
      return { reached: reached.promise, release };
    },
    pass: async (signal) => {
      if (current === undefined) return true;
      current.left -= 1;
      if (current.left >= 0) return true;
      current.reached.resolve(undefined);
      await Promise.race([current.released.promise, untilAborted(signal)]);
      return !signal.aborted;
    },
  };
}

function createSignal(): Signal {
  return Promise.withResolvers();
}
