import { toDate } from 'date-fns-tz/toDate';

/** Rewrites a date of a file as Marketing Cloud writes dates on the wire; a text that is no date stays as it is. */
export type DateRewriter = (text: string) => string;

// 7/1/2026 1:02:03 PM, with or without milliseconds; a clock of 24 hours where neither AM nor PM is said.
const usPattern =
  /^\s*(\d{1,2})\/(\d{1,2})\/(\d{4})(?:[ T]+(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.:](\d{1,7}))?)?\s*([AaPp][Mm])?)?\s*$/u;
const isoPattern =
  /^\s*(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T]+(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,7}))?)?)?\s*$/u;

// Offsets are computed once for each minute; files name a few million minutes at most.
const rememberedMinutesMax = 100_000;

/**
 * `timeZone`: undefined for Marketing Cloud's own time, UTC−06:00 all year; an offset such as `+02:00`, `Z`, or the
 * name of a zone, with its rules for summer.
 */
export function createDateRewriter(timeZone: string | undefined): DateRewriter {
  const offsets = new Map<string, string>();
  const offsetOf = (minute: string): string => {
    if (timeZone === undefined) return '';
    if (!/^[A-Za-z]{2}/u.test(timeZone)) return timeZone;
    const known = offsets.get(minute);
    if (known !== undefined) return known;
    if (offsets.size >= rememberedMinutesMax) offsets.clear();
    const offset = offsetText(minute, timeZone);
    offsets.set(minute, offset);
    return offset;
  };
  return (text) => {
    const us = usPattern.exec(text);
    const match = us ?? isoPattern.exec(text);
    if (match === null) return text;
    const [, first = '', second = '', third = '', hourText = '0', minute = '0', rest = '0', fraction, half] =
      match;
    const [year, month, day] = us === null ? [first, second, third] : [third, first, second];
    const hour = half === undefined ? Number(hourText) : hourOf(Number(hourText), half);
    if (Number.isNaN(hour)) return text;
    const date = `${year}-${two(month)}-${two(day)}T${two(String(hour))}:${two(minute)}`;
    const seconds = fraction === undefined ? two(rest) : `${two(rest)}.${fraction}`;
    return `${date}:${seconds}${offsetOf(date)}`;
  };
}

/** Whether the date says parts of a second. */
export function hasFraction(text: string): boolean {
  return (
    /:\d{1,2}[.:]\d/u.test(text) && (usPattern.exec(text)?.[7] ?? isoPattern.exec(text)?.[7]) !== undefined
  );
}

/** 12 AM is midnight, 12 PM noon; NaN for an hour that a clock of twelve does not have. */
function hourOf(hour: number, half: string): number {
  if (hour < 1 || hour > 12) return NaN;
  return (hour % 12) + (half.toLowerCase() === 'pm' ? 12 : 0);
}

function two(text: string): string {
  return text.length === 1 ? `0${text}` : text;
}

function offsetText(minute: string, timeZone: string): string {
  const instant = toDate(`${minute}:00`, { timeZone }).getTime();
  const minutes = Math.round((Date.parse(`${minute}:00Z`) - instant) / 60_000);
  if (Number.isNaN(minutes)) return '';
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(String(Math.floor(size / 60)))}:${two(String(size % 60))}`;
}
