import { createZoneClock } from './zone-clock.ts';

/** `HH:MM`, 00:00 to 23:59. */
export function isTimeOfDay(text: string): boolean {
  return /^([01]\d|2[0-3]):[0-5]\d$/u.test(text);
}

/** The first instant after `now` at which the clocks of the zone show the time of day. */
export function nextTimeOfDay(text: string, timeZone: string, now: Date): Date {
  const clock = createZoneClock(timeZone);
  const [hours = 0, minutes = 0] = text.split(':').map(Number);
  const wall = clock.wallTimeOf(now);
  // The next day is enough, but for a day whose hour is skipped.
  for (let day = 0; day < 3; day += 1) {
    const wallMs = Date.UTC(
      wall.getUTCFullYear(),
      wall.getUTCMonth(),
      wall.getUTCDate() + day,
      hours,
      minutes,
    );
    const next = clock.instantsOf(new Date(wallMs)).find((instant) => instant > now);
    if (next !== undefined) return next;
  }
  throw new Error(`${timeZone} has no ${text}`);
}
