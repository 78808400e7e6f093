import { printableText } from '../printable.ts';

/** With its thousands apart: `1,234`. */
export function humanCount(count: number): string {
  // The formatter needs data that take longer to load than a short command runs.
  if (Number.isSafeInteger(count)) return String(count).replaceAll(/\B(?=(?:\d{3})+$)/gu, ',');
  formatter ??= new Intl.NumberFormat('en-US');
  return formatter.format(count);
}

let formatter: Intl.NumberFormat | undefined;

/** Bytes with the largest unit that leaves a whole number of them: `12 GB`. */
export function humanBytes(bytes: number): string {
  const power = bytes < 1024 ? 0 : Math.min(4, Math.floor(Math.log2(bytes) / 10));
  return `${Math.round(bytes / 1024 ** power)} ${['bytes', 'kB', 'MB', 'GB', 'TB'][power] ?? ''}`;
}

const units = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
] as const;

/** The two largest units of a duration: `2 h 10 min`. */
export function humanDuration(ms: number): string {
  let seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds === 0) return ms > 0 ? 'under 1 s' : '0 s';
  const parts: string[] = [];
  for (const [unit, size] of units) {
    const count = Math.floor(seconds / size);
    if (count === 0 && parts.length === 1) break;
    if (count > 0) parts.push(`${count} ${unit}`);
    if (parts.length === 2) break;
    seconds -= count * size;
  }
  return parts.join(' ');
}

/** An instant in UTC, to the minute or to the second: `2026-07-01 02:00`. */
export function humanInstant(
  instant: Date | string | null,
  precision: 'minute' | 'second' = 'minute',
): string {
  if (instant === null) return '–';
  return new Date(instant)
    .toISOString()
    .slice(0, precision === 'minute' ? 16 : 19)
    .replace('T', ' ');
}

/** How an instant is written, with the zone it is in. */
export type InstantText = (instant: Date | string | null, precision?: 'minute' | 'second') => string;

/** `2026-07-01 02:00 UTC` */
export const utcText: InstantText = (instant, precision) =>
  instant === null ? humanInstant(null) : `${humanInstant(instant, precision)} UTC`;

/** Text as it may stand in HTML, without characters that direct the display. */
export function escapeHtml(text: string): string {
  return printableText(text).replace(/[&<>"']/gu, (character) => `&#${character.charCodeAt(0)};`);
}
