import { createTicks } from './ticks.ts';

/** Ticks looked at: enough to see a weekend, and all year of a monthly schedule. */
const ticksMin = 20;

/** Ticks looked at where `ticksMin` of them are within two days, so that a pause in the night is seen. */
const ticksMax = 300;

const twoDaysMs = 2 * 24 * 60 * 60 * 1000;

/**
 * Without a completed sync for this long, data are overdue: twice the interval of the schedule, which is the
 * longest pause between its next ticks.
 */
export function readyAfterMsOf(expression: string, timeZone: string, now: Date): number {
  return 2 * longestPauseMs(nextTicks(expression, timeZone, now));
}

function nextTicks(expression: string, timeZone: string, now: Date): readonly Date[] {
  const ticks = createTicks(expression, timeZone);
  const found: Date[] = [];
  const isDense = () => {
    const [first, last] = [found.at(0), found.at(-1)];
    return first !== undefined && last !== undefined && last.getTime() - first.getTime() < twoDaysMs;
  };
  for (let next = ticks.next(now); next !== undefined; next = ticks.next(next)) {
    found.push(next);
    if (found.length >= ticksMax || (found.length >= ticksMin && !isDense())) break;
  }
  return found;
}

function longestPauseMs(ticks: readonly Date[]): number {
  const pauses = ticks.slice(1).map((tick, index) => tick.getTime() - (ticks[index]?.getTime() ?? NaN));
  return Math.max(...pauses);
}
