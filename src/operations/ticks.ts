import cron from 'node-cron';
import { createZoneClock } from './zone-clock.ts';

/** The instants of a schedule. */
export interface Ticks {
  /** The first tick after an instant; undefined where the schedule never comes. */
  next(after: Date): Date | undefined;
  /** The last tick before an instant or at it. */
  previous(before: Date): Date | undefined;
}

const dayMs = 24 * 60 * 60 * 1000;
const hourMs = 60 * 60 * 1000;

/** The 29th of February may be eight years away. */
const daysMax = 9 * 366;

const hoursOfDay = 24;

/** Hours whose ticks are kept: one tick after another is looked for in the same four. A schedule of seconds has many in each. */
const hoursKept = 6;

/** Clocks are set forward or back by no more than this. */
const repeatedMsMax = 3 * hourMs;

/**
 * The ticks of a cron expression in a time zone.
 *
 * A tick in the hour that is skipped in spring comes right after it. In the hour that is repeated in autumn, a schedule of
 * every hour ticks in both; another one, such as a nightly one, ticks once.
 */
export function createTicks(expression: string, timeZone: string): Ticks {
  const { clock, hours, ticksOfHour, isTickDay } = readSchedule(expression, timeZone);
  return {
    next(after) {
      const fromMs = clock.wallTimeOf(after).getTime() - repeatedMsMax;
      for (let day = 0; day < daysMax; day += 1) {
        const dayWallMs = startOfDay(fromMs) + day * dayMs;
        if (!isTickDay(dayWallMs)) continue;
        for (const hour of hours) {
          if (dayWallMs + (hour + 1) * hourMs <= fromMs) continue;
          const ticks = ticksOfHour(dayWallMs + hour * hourMs);
          const last = ticks.at(-1);
          if (last !== undefined && last > after) return ticks.find((tick) => tick > after);
        }
      }
      return undefined;
    },
    previous(before) {
      const toMs = clock.wallTimeOf(before).getTime() + repeatedMsMax;
      for (let day = 0; day < daysMax; day += 1) {
        const dayWallMs = startOfDay(toMs) - day * dayMs;
        if (!isTickDay(dayWallMs)) continue;
        for (const hour of hours.toReversed()) {
          if (dayWallMs + hour * hourMs > toMs) continue;
          const found = ticksOfHour(dayWallMs + hour * hourMs).findLast((tick) => tick <= before);
          if (found !== undefined) return found;
        }
      }
      return undefined;
    },
  };
}

/** What an expression means on the clock of its zone. */
function readSchedule(expression: string, timeZone: string) {
  // Never started. Its wall times are those of UTC, where each hour is there once.
  const task = cron.createTask(expression, () => undefined, { timezone: 'UTC' });
  const { hour: hours, minute: minutes, second: seconds } = cron.parse(expression);
  const clock = createZoneClock(timeZone);
  const isOfEveryHour = hours.length === hoursOfDay;

  const ticksByHour = new Map<number, readonly Date[]>();
  /** Ticks of one hour on the clock, in order; those of the next hour come after them. */
  const ticksOfHour = (hourWallMs: number): readonly Date[] => {
    const known = ticksByHour.get(hourWallMs);
    if (known !== undefined) return known;
    if (ticksByHour.size >= hoursKept) ticksByHour.clear();
    const ticks = minutes
      .flatMap((minute) => seconds.map((second) => hourWallMs + minute * 60_000 + second * 1000))
      .flatMap((wallMs) => clock.instantsOf(new Date(wallMs)).slice(0, isOfEveryHour ? 2 : 1))
      .toSorted((one, other) => one.getTime() - other.getTime());
    ticksByHour.set(hourWallMs, ticks);
    return ticks;
  };

  const isTickDay = (dayWallMs: number): boolean => {
    const [hour = 0, minute = 0, second = 0] = [hours[0], minutes[0], seconds[0]];
    return task.match(new Date(dayWallMs + hour * hourMs + minute * 60_000 + second * 1000));
  };

  return { clock, hours, ticksOfHour, isTickDay };
}

function startOfDay(wallMs: number): number {
  return Math.floor(wallMs / dayMs) * dayMs;
}
