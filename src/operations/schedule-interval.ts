import cron from 'node-cron';

/** Ticks looked at: enough to see a weekend, and all year of a monthly schedule. */
const ticksMin = 20;

/** Ticks looked at where `ticksMin` of them are within two days, so that a pause in the night is seen. */
const ticksMax = 300;

const twoDaysMs = 2 * 24 * 60 * 60 * 1000;

/**
 * Without a completed sync for this long, data are overdue: twice the interval of the schedule, which is the
 * longest pause between its next ticks.
 */
export function readyAfterMsOf(expression: string, timeZone: string): number {
  return 2 * longestPauseMs(nextTicks(expression, timeZone));
}

function nextTicks(expression: string, timeZone: string): readonly Date[] {
  // Never started, so it neither ticks nor keeps the process alive.
  const task = cron.createTask(expression, () => undefined, { timezone: timeZone });
  const ticks = task.getNextRuns(ticksMin);
  const [first, last] = [ticks.at(0), ticks.at(-1)];
  const isDense = first !== undefined && last !== undefined && last.getTime() - first.getTime() < twoDaysMs;
  return isDense ? task.getNextRuns(ticksMax) : ticks;
}

function longestPauseMs(ticks: readonly Date[]): number {
  const pauses = ticks.slice(1).map((tick, index) => tick.getTime() - (ticks[index]?.getTime() ?? NaN));
  return Math.max(...pauses);
}
