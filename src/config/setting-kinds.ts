import { inspect } from 'node:util';
import { eventCatalog, type EventTypeName, eventTypeNames } from '../events/catalog.ts';
import { rememberSecret } from '../known-secrets.ts';
import { isLoopbackHost } from '../loopback.ts';

/** What one environment variable may hold. */
export interface SettingKind<Value = unknown> {
  /** The value that a text means; undefined where the text is not accepted. */
  readonly read: (text: string) => Value | undefined;
  /** Ends the sentences "NAME is not set: …" and "NAME is "x": …". */
  readonly expected: string;
  /** Instead of `expected`, where a text has a fault of its own. */
  readonly faultOf?: (text: string) => string | undefined;
}

/** A secret: readable only through `reveal()`, hidden from logs, JSON and inspect. */
export interface Secret {
  reveal(): string;
}

function createSecret(value: string): Secret {
  rememberSecret(value);
  const hide = () => '[redacted]';
  return Object.freeze({ reveal: () => value, toString: hide, toJSON: hide, [inspect.custom]: hide });
}

export function text(expected: string, pattern = /^.+$/su): SettingKind<string> {
  return { read: (value) => (pattern.test(value) ? value : undefined), expected };
}

export function secret(expected: string, pattern = /^.+$/su): SettingKind<Secret> {
  return { read: (value) => (pattern.test(value) ? createSecret(value) : undefined), expected };
}

export function oneOf<const Name extends string>(names: readonly Name[]): SettingKind<Name> {
  return { read: (value) => names.find((name) => name === value), expected: `one of ${names.join(', ')}` };
}

export function integer(from: number, to: number, unit: string): SettingKind<number> {
  const read = (value: string) => (/^\d{1,15}$/u.test(value) ? within(from, to, Number(value)) : undefined);
  return { read, expected: `a whole number of ${unit} from ${from} to ${to}` };
}

function within(from: number, to: number, count: number): number | undefined {
  return count >= from && count <= to ? count : undefined;
}

/** A duration given in `unit` and held in milliseconds. */
export function duration(unit: keyof typeof unitMs, from: number, to: number): SettingKind<number> {
  const read = (value: string) => {
    const count = /^\d{1,9}(\.\d{1,6})?$/u.test(value) ? within(from, to, Number(value)) : undefined;
    return count === undefined ? undefined : Math.round(count * unitMs[unit]);
  };
  return { read, expected: `a number of ${unit} from ${from} to ${to}` };
}

const unitMs = {
  milliseconds: 1,
  seconds: 1000,
  minutes: 60_000,
  hours: 3_600_000,
  days: 86_400_000,
} as const;

/** A base URL without its closing slash; plain http only where the network cannot be listened to. */
export function baseUrl(expected: string, ownEnd: RegExp): SettingKind<string> {
  const faultOf = (value: string) => {
    const url = URL.parse(value);
    if (url === null || !/^https?:$/u.test(url.protocol)) return expected;
    const isPrivate = url.protocol === 'https:' || isLoopbackHost(url.hostname);
    return isPrivate ? undefined : 'plain http:// is accepted for loopback hosts only; use https://';
  };
  const read = (value: string) =>
    faultOf(value) === undefined ? value.replace(ownEnd, '').replace(/\/+$/u, '') : undefined;
  return { read, expected, faultOf };
}

export function accountIds(): SettingKind<readonly number[]> {
  const read = (list: string) => {
    const ids = items(list).map(Number);
    const isRight = ids.length > 0 && ids.every((id) => Number.isSafeInteger(id) && id > 0);
    return isRight ? [...new Set(ids)] : undefined;
  };
  return { read, expected: 'MIDs (numbers), comma-separated' };
}

/** The event types of a list, in the catalog's order; undefined where one is unknown or none is given. */
export function parseEventTypes(list: string): EventTypeName[] | undefined {
  const names = new Set(items(list));
  if (names.size === 1 && names.has('all')) return [...eventTypeNames];
  const known = eventTypeNames.filter((name) => names.has(name));
  return known.length === names.size && known.length > 0 ? known : undefined;
}

export const eventTypesExpected = `all, or comma-separated names of ${eventTypeNames.join(', ')}`;

export function eventTypes(): SettingKind<readonly EventTypeName[]> {
  return { read: parseEventTypes, expected: eventTypesExpected };
}

/** Months for all event types, or for those that are named. */
export function monthsByEventType(): SettingKind<ReadonlyMap<string, number>> {
  return {
    read: parseMonths,
    expected: 'a number of months from 1 to 1200, or event types with theirs (sent=24,open=60)',
  };
}

function parseMonths(text: string): ReadonlyMap<string, number> | undefined {
  const parts = items(text).map((item) => {
    const [, name = 'all', months = ''] = /^(?:(\w+)\s*=\s*)?(\d{1,4})$/u.exec(item) ?? [];
    return { names: months === '' ? undefined : parseEventTypes(name), months: Number(months) };
  });
  const isRight = parts.every(({ names, months }) => names !== undefined && months >= 1 && months <= 1200);
  if (parts.length === 0 || !isRight) return undefined;
  const named = parts.flatMap(({ names = [], months }) => names.map((name) => [name, months] as const));
  return new Set(named.map(([name]) => name)).size === named.length ? new Map(named) : undefined;
}

/** The overlap of each event type in words: the days that most types have, then the others with their types. */
export function overlapsInWords(): string {
  const daysOf = (minutes: number) => (minutes === dayMinutes ? '1 day' : `${minutes / dayMinutes} days`);
  const [usual, ...others] = [...Map.groupBy(eventCatalog, ({ overlapMinutes }) => overlapMinutes)]
    .toSorted(([, one], [, other]) => other.length - one.length)
    .map(([minutes, types]) => ({ days: daysOf(minutes), names: types.map(({ name }) => name).join(', ') }));
  return [
    `per event type: ${usual?.days ?? ''}`,
    ...others.map(({ days, names }) => `${names} ${days}`),
  ].join('; ');
}

const dayMinutes = 24 * 60;

export function timeZone(): SettingKind<string> {
  return {
    read: (name) => (isTimeZone(name) ? name : undefined),
    expected: 'a time zone such as UTC or Europe/Berlin',
  };
}

function isTimeZone(name: string): boolean {
  // The usual one needs no data about zones, which take long to load.
  if (name === 'UTC') return true;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return /^[a-z]/iu.test(name);
  } catch {
    return false;
  }
}

export function port(): SettingKind<number | 'off'> {
  const read = (value: string) => {
    if (value === 'off') return value;
    return /^\d{1,5}$/u.test(value) ? within(0, 65_535, Number(value)) : undefined;
  };
  return { read, expected: 'a port from 0 (any free one) to 65535, or off' };
}

/** The items of a comma-separated list, without blanks. */
export function items(list: string): string[] {
  return list
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
