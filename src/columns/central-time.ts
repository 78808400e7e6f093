// Not the package's entry point, which loads all of date-fns: 200 MB, and seconds at every start.
import { toDate } from 'date-fns-tz/toDate';

// Marketing Cloud: every date is Central Standard Time, UTC-06:00, in July as in January. A zone such as
// America/Chicago would be one hour off from March to November.
const centralOffset = '-06:00';
const centralOffsetMs = -6 * 60 * 60 * 1000;

// Entries of the cache of days, direct-mapped: 1024 days, in 16 KiB.
const rememberedDays = 1024;
// The keys are numbers, since a key sliced from the response would keep the whole network chunk alive.
const dayKeys = new Float64Array(rememberedDays).fill(-1);
const dayMicros = new Float64Array(rememberedDays);

// Stands for "no offset given"; larger than any offset that can be written as ±hh:mm.
const noOffset = 1440;

/** `sentinel`: how the source writes "never" in a date that cannot be null. */
export type CentralInstant = number | 'sentinel' | undefined;

/**
 * Reads a date of Marketing Cloud as microseconds since 1970 UTC; undefined if the text is not a date.
 *
 * An explicit `Z` or `±hh:mm` is honored. Fractions are decimal, with up to seven digits, truncated to the microsecond.
 * Whole seconds are exact from year 1 to 9999, microseconds from 1684 to 2255.
 */
export function microsFromCentralText(text: string): CentralInstant {
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 2);
  const day = digits(text, 8, 2);
  const hour = digits(text, 11, 2);
  const minute = digits(text, 14, 2);
  const second = digits(text, 17, 2);
  const isShaped =
    (year | month | day | hour | minute | second) >= 0 &&
    text.charCodeAt(4) === hyphen &&
    text.charCodeAt(7) === hyphen &&
    text.charCodeAt(10) === letterT &&
    text.charCodeAt(13) === colon &&
    text.charCodeAt(16) === colon;
  if (!isShaped || year === 0 || hour > 23 || minute > 59 || second > 59) return undefined;

  const fractionEnd = text.charCodeAt(19) === dot ? endOfDigits(text, 20) : 19;
  const offset = fractionEnd === text.length ? noOffset : offsetMinutes(text, fractionEnd);
  if (fractionEnd > 27 || offset === undefined) return undefined;

  // Marketing Cloud: the zero dates of .NET and SQL Server stand for "never", with any time of day.
  if ((year === 1 || year === 1900) && month === 1 && day === 1) return 'sentinel';

  const wholeDay = microsOfDay(text, dayKeyOf(year, month, day), offset);
  return Number.isNaN(wholeDay)
    ? undefined
    : wholeDay + (hour * 3600 + minute * 60 + second) * 1e6 + fractionMicros(text, fractionEnd);
}

/**
 * Writes an instant as a date of Marketing Cloud, rounded to a whole second; undefined if its year does not
 * have four digits.
 *
 * Marketing Cloud: fractions in filters are not reliable, and a date without an offset is read as server time,
 * so the offset is always written.
 */
export function centralTextFromInstant(instant: Date, rounding: 'up' | 'down'): string | undefined {
  const seconds = instant.getTime() / 1000;
  const wholeSeconds = rounding === 'up' ? Math.ceil(seconds) : Math.floor(seconds);
  const shifted = new Date(wholeSeconds * 1000 + centralOffsetMs);
  const year = shifted.getUTCFullYear();
  return year >= 1 && year <= 9999 ? shifted.toISOString().slice(0, 19) + centralOffset : undefined;
}

/** Microseconds since 1970 as ISO text in UTC, which Postgres reads back without loss. */
export function isoFromMicros(micros: number): string {
  const milliseconds = Math.floor(micros / 1000);
  const rest = String(micros - milliseconds * 1000).padStart(3, '0');
  return new Date(milliseconds).toISOString().replace('Z', `${rest}Z`);
}

/** A number for each day, impossible ones too. */
export function dayKeyOf(year: number, month: number, day: number): number {
  return (year * 13 + month) * 32 + day;
}

/** Where a day without an offset begins, if it was met before and is still remembered. */
export function rememberedDayMicros(dayKey: number): number | undefined {
  const index = indexOfDay(dayKey, noOffset);
  return dayKeys[index] === keyOfDay(dayKey, noOffset) ? dayMicros[index] : undefined;
}

/**
 * date-fns-tz computes the beginning of each day once, of impossible ones too; the rest comes from the cache. An offset is
 * fixed, so every day has 24 hours.
 */
function microsOfDay(text: string, dayKey: number, offset: number): number {
  const index = indexOfDay(dayKey, offset);
  const key = keyOfDay(dayKey, offset);
  if (dayKeys[index] !== key) {
    const zone = offset === noOffset ? centralOffset : offsetText(offset);
    dayMicros[index] = toDate(`${text.slice(0, 10)}T00:00:00`, { timeZone: zone }).getTime() * 1000;
    dayKeys[index] = key;
  }
  return dayMicros[index] ?? NaN;
}

function indexOfDay(dayKey: number, offset: number): number {
  return (dayKey + offset) & (rememberedDays - 1);
}

function keyOfDay(dayKey: number, offset: number): number {
  return dayKey * 4096 + (offset + 1440);
}

/** The number at `from`, or -1 unless exactly `count` digits stand there. */
function digits(text: string, from: number, count: number): number {
  let value = 0;
  for (let index = from; index < from + count; index += 1) {
    const digit = text.charCodeAt(index) - zero;
    if (!(digit >= 0 && digit <= 9)) return -1;

    value = value * 10 + digit;
  }
  return value;
}

function endOfDigits(text: string, from: number): number {
  let index = from;
  while (index < text.length && text.charCodeAt(index) >= zero && text.charCodeAt(index) <= zero + 9)
    index += 1;

  return index;
}

function fractionMicros(text: string, end: number): number {
  let value = 0;
  for (let index = 20; index < 26; index += 1)
    value = value * 10 + (index < end ? text.charCodeAt(index) - zero : 0);

  return value;
}

/** Minutes of a `Z` or `±hh:mm` that ends the text; undefined for anything else. */
function offsetMinutes(text: string, from: number): number | undefined {
  if (text.charCodeAt(from) === letterZ && text.length === from + 1) return 0;

  const hours = digits(text, from + 1, 2);
  const minutes = digits(text, from + 4, 2);
  const sign = text.charCodeAt(from);
  const isShaped = text.length === from + 6 && text.charCodeAt(from + 3) === colon && (hours | minutes) >= 0;
  // XML Schema allows offsets of up to fourteen hours.
  if (!isShaped || minutes > 59 || hours * 60 + minutes > 14 * 60 || (sign !== plus && sign !== hyphen))
    return undefined;

  return (sign === hyphen ? -1 : 1) * (hours * 60 + minutes);
}

function offsetText(offset: number): string {
  const hours = String(Math.floor(Math.abs(offset) / 60)).padStart(2, '0');
  const minutes = String(Math.abs(offset) % 60).padStart(2, '0');
  return `${offset < 0 ? '-' : '+'}${hours}:${minutes}`;
}

const zero = 0x30;
const hyphen = 0x2d;
const plus = 0x2b;
const dot = 0x2e;
const colon = 0x3a;
const letterT = 0x54;
const letterZ = 0x5a;
