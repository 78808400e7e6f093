import { dayKeyOf, microsFromCentralText, rememberedDayMicros } from './central-time.ts';

/**
 * A date of Marketing Cloud read from its bytes, as microseconds since 1970 UTC; NaN for anything but the usual
 * form, without an offset, which `microsFromCentralText` is to read then. Both give the same instants.
 */
export function microsFromCentralBytes(bytes: Uint8Array, from: number, to: number): number {
  const year = fourDigits(bytes, from);
  const month = twoDigits(bytes, from + 5);
  const day = twoDigits(bytes, from + 8);
  const hour = twoDigits(bytes, from + 11);
  const minute = twoDigits(bytes, from + 14);
  const second = twoDigits(bytes, from + 17);
  const isShaped =
    to - from >= dateLength &&
    (year | month | day | hour | minute | second) >= 0 &&
    bytes[from + 4] === hyphen &&
    bytes[from + 7] === hyphen &&
    bytes[from + 10] === letterT &&
    bytes[from + 13] === colon &&
    bytes[from + 16] === colon;
  if (!isShaped || year < 1901 || hour > 23 || minute > 59 || second > 59) return NaN;

  const fraction = to - from === dateLength ? 0 : fractionMicros(bytes, from + dateLength, to);
  const wholeDay = rememberedDayMicros(dayKeyOf(year, month, day)) ?? dayMicros(bytes, from);
  return wholeDay + (hour * 3600 + minute * 60 + second) * 1e6 + fraction;
}

/** The beginning of a day that was not met before. */
function dayMicros(bytes: Uint8Array, from: number): number {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + from, dayLength).toString('latin1');
  const micros = microsFromCentralText(`${text}T00:00:00`);
  return typeof micros === 'number' ? micros : NaN;
}

/** A point and up to seven digits, truncated to the microsecond; NaN for anything else. */
function fractionMicros(bytes: Uint8Array, from: number, to: number): number {
  if (bytes[from] !== dot || to - from > 8) return NaN;

  let value = 0;
  for (let index = from + 1; index < from + 8; index += 1) {
    const digit = index < to ? digitAt(bytes, index) : 0;
    if (digit < 0) return NaN;
    if (index < from + 7) value = value * 10 + digit;
  }
  return value;
}

function fourDigits(bytes: Uint8Array, at: number): number {
  const high = twoDigits(bytes, at);
  const low = twoDigits(bytes, at + 2);
  return (high | low) < 0 ? -1 : high * 100 + low;
}

/** The number at `at`, or -1 unless two digits stand there. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = digitAt(bytes, at);
  const ones = digitAt(bytes, at + 1);
  return (tens | ones) < 0 ? -1 : tens * 10 + ones;
}

/** The digit at `at`, or -1. */
function digitAt(bytes: Uint8Array, at: number): number {
  const digit = (bytes[at] ?? 0) - zero;
  return digit >= 0 && digit <= 9 ? digit : -1;
}

// Up to the seconds, and up to the day.
const dateLength = 19;
const dayLength = 10;
// Written here as in central-time.ts: where they are imported, a date takes 14 % more CPU.
const zero = 0x30;
const hyphen = 0x2d;
const dot = 0x2e;
const colon = 0x3a;
const letterT = 0x54;
