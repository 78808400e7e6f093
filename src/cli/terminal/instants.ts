import { humanInstant, type InstantText, utcText } from '../../operations/format.ts';

/** How a reader is shown instants. */
export interface Clock {
  /** In a sentence: `2026-07-01 02:00 UTC`, or `2026-07-01 04:00 (02:00 UTC)`; with the day of UTC where it is another. */
  readonly text: InstantText;
  /** In a table: the same, with the zone in the title. */
  readonly cell: InstantText;
  readonly title: (name: string) => string;
}

const utcClock: Clock = { text: utcText, cell: humanInstant, title: (name) => `${name} (UTC)` };

/** Instants by the clock of a zone, with UTC beside; by UTC alone where that is the zone, or where it is not known. */
export function clockIn(timeZone: string): Clock {
  const format = formatOf(timeZone);
  if (format === undefined) return utcClock;
  const cell: InstantText = (instant, precision = 'minute') => {
    if (instant === null) return humanInstant(null);
    const utc = humanInstant(instant, precision);
    const local = format.format(new Date(instant)).slice(0, utc.length);
    const isSameDay = local.startsWith(utc.slice(0, dayChars));
    return `${local} (${utc.slice(isSameDay ? dayChars + 1 : yearChars)})`;
  };
  return {
    cell,
    text: (instant, precision) => cell(instant, precision).replace(/\)$/u, ' UTC)'),
    title: (name) => `${name}, local (UTC)`,
  };
}

const dayChars = '2026-07-01'.length;
const yearChars = '2026-'.length;

function formatOf(timeZone: string): Intl.DateTimeFormat | undefined {
  if (/^(Etc\/)?(UTC|GMT|Unknown)$/u.test(timeZone)) return undefined;
  try {
    // Swedish dates are written as ISO 8601 does.
    return new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'medium', timeZone });
  } catch {
    return undefined;
  }
}
