import { setTimeout as sleep } from 'node:timers/promises';

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

/** The instant that lies this long before another one, or before now. */
export function ago(ms: number, before: Date = new Date()): Date {
  return new Date(before.getTime() - ms);
}

/** A schedule whose ticks are half a year away, before and after: for services that are to run without one. */
export function distantSchedule(): { readonly expression: string; readonly monthAndDay: string } {
  const month = ((new Date().getUTCMonth() + 6) % 12) + 1;
  return { expression: `0 2 1 ${month} *`, monthAndDay: `${String(month).padStart(2, '0')}-01` };
}

/** A safety net only: no test may depend on how fast the machine is. */
const longWaitMs = 240_000;
/** Looks cost the CPU of what is waited for: the longer it takes, the fewer they are. */
const lookMsMax = 60;

export interface Waiting {
  /** Longer where a wait takes seconds, a look is a query, and what it looks for stays. */
  readonly pauseMsMax?: number;
}

/** Waits until `look` finds something; after a long wait it fails and says what was missing. */
export async function eventually<Found>(
  what: string,
  look: () => Found | false | undefined | Promise<Found | false | undefined>,
  { pauseMsMax = lookMsMax }: Waiting = {},
): Promise<Found> {
  const end = Date.now() + longWaitMs;
  for (let pauseMs = 10; ; pauseMs = Math.min(pauseMs * 1.2, pauseMsMax)) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`never came: ${what}`);
    await sleep(pauseMs);
  }
}

interface Sleeper {
  readonly wakeAtMs: number;
  wake(): void;
}

export interface FakeClock {
  readonly now: () => Date;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Every sleep that began, in milliseconds. */
  readonly slept: readonly number[];
  /** Moves the clock, waking what is due on the way. */
  advance(ms: number): Promise<void>;
  /** Moves the clock from sleep to sleep until the promise settles. */
  run<Result>(promise: Promise<Result>): Promise<Result>;
}

/** A clock that stands still until a test moves it; what sleeps by it wakes in order. */
export function createFakeClock(start = new Date('2026-01-15T02:00:00Z')): FakeClock {
  let nowMs = start.getTime();
  let sleepers: Sleeper[] = [];
  const slept: number[] = [];

  function sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = () => {
        sleepers = sleepers.filter((other) => other !== sleeper);
        reject(signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason)));
      };
      const wake = () => {
        signal.removeEventListener('abort', fail);
        resolve();
      };
      const sleeper = { wakeAtMs: nowMs + ms, wake };
      if (signal.aborted) {
        fail();
        return;
      }
      slept.push(ms);
      sleepers.push(sleeper);
      signal.addEventListener('abort', fail, { once: true });
    });
  }

  function firstDue(untilMs: number): Sleeper | undefined {
    const due = sleepers.filter(({ wakeAtMs }) => wakeAtMs <= untilMs);
    return due.toSorted((one, other) => one.wakeAtMs - other.wakeAtMs)[0];
  }

  async function advance(ms: number): Promise<void> {
    const endMs = nowMs + ms;
    await settled();
    for (let next = firstDue(endMs); next !== undefined; next = firstDue(endMs)) {
      const woken = next;
      nowMs = woken.wakeAtMs;
      sleepers = sleepers.filter((other) => other !== woken);
      woken.wake();
      await settled();
    }
    nowMs = endMs;
    await settled();
  }

  async function run<Result>(promise: Promise<Result>): Promise<Result> {
    const progress = { isSettled: false };
    const settle = () => {
      progress.isSettled = true;
    };
    promise.then(settle, settle);
    await settled();
    while (!progress.isSettled) {
      const next = firstDue(Infinity);
      if (next === undefined) throw new Error('nothing sleeps, and the promise is not settled');
      await advance(next.wakeAtMs - nowMs);
    }
    return promise;
  }

  return { now: () => new Date(nowMs), sleep, slept, advance, run };
}

/** Lets everything run that waits for nothing but promises. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
