// `2026-11-26 11:04:19.3592+00`: every session of ours has this style of dates, and UTC.
const plainPattern = /^[1-9]\d{3}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?\+00$/u;
const zero = 48;

/** An instant as Postgres writes it in UTC, to the millisecond; undefined for any other text, such as `infinity`. */
export function instantFromText(text: string): Date | undefined {
  if (!plainPattern.test(text)) return undefined;
  const ms = Date.UTC(
    100 * twoDigits(text, 0) + twoDigits(text, 2),
    twoDigits(text, 5) - 1,
    twoDigits(text, 8),
    twoDigits(text, 11),
    twoDigits(text, 14),
    twoDigits(text, 17),
    millisecondsOf(text),
  );
  return new Date(ms);
}

function millisecondsOf(text: string): number {
  return Number(text.slice(20, -3).padEnd(3, '0').slice(0, 3));
}

function twoDigits(text: string, at: number): number {
  return 10 * (text.charCodeAt(at) - zero) + text.charCodeAt(at + 1) - zero;
}
