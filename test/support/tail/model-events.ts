import type { TailRung, Window } from '../../../src/store/ledger/task-ledger.ts';

/** A job with its events: instants in order, by event type. */
export interface ModelJob {
  readonly jobId: number;
  readonly sentAt: number;
  readonly isTriggered: boolean;
  /** Not shown by discovery. */
  readonly isUnknown?: boolean;
  readonly events: ReadonlyMap<string, Float64Array>;
}

export function rungOf(rung: number): TailRung {
  return rung === 1 || rung === 2 || rung === 3 ? rung : 4;
}

export function secondsOf({ from, to }: Window): number {
  return Math.round((to.getTime() - from.getTime()) / 1000);
}

/** The place of the first instant that is not before. */
export function firstFrom(instants: Float64Array, ms: number): number {
  let low = 0;
  let high = instants.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((instants[middle] ?? 0) < ms) low = middle + 1;
    else high = middle;
  }
  return low;
}
