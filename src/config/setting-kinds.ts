import { inspect } from 'node:util';
import { z } from 'zod';
import { eventCatalog, type EventTypeName, eventTypeNames, findEventDefinition } from '../events/catalog.ts';
import { isScheduleExpression } from '../operations/scheduler.ts';

/** What one environment variable may hold. */
export interface Setting<Value = unknown> {
  readonly schema: z.ZodType<Value, string>;
  /** Ends the sentence "NAME is not set: …" and "NAME is "x": …". */
  readonly expected: string;
}

/** A value that shows itself to whoever asks for it, and to no printer, logger or serializer. */
export interface Secret {
  reveal(): string;
}

export function createSecret(value: string): Secret {
  const hide = () => '[redacted]';
  return Object.freeze({ reveal: () => value, toString: hide, toJSON: hide, [inspect.custom]: hide });
}

export function text(expected: string, pattern = /^.+$/su): Setting<string> {
  return { schema: z.string().regex(pattern), expected };
}

export function secret(expected: string, pattern = /^.+$/su): Setting<Secret> {
  return { schema: z.string().regex(pattern).transform(createSecret), expected };
}

export function oneOf<const Name extends string>(names: readonly Name[]): Setting<Name> {
  return { schema: z.string().pipe(z.enum(names)), expected: `one of ${names.join(', ')}` };
}

export function integer(from: number, to: number, unit: string): Setting<number> {
  const schema = z
    .string()
    .regex(/^\d{1,15}$/u)
    .transform(Number)
    .pipe(z.number().min(from).max(to));
  return { schema, expected: `a whole number of ${unit} from ${from} to ${to}` };
}

/** A span given in `unit` and held in milliseconds. */
export function span(unit: keyof typeof unitMs, from: number, to: number): Setting<number> {
  const schema = z
    .string()
    .regex(/^\d{1,9}(\.\d{1,6})?$/u)
    .transform(Number)
    .pipe(z.number().min(from).max(to))
    .transform((count) => Math.round(count * unitMs[unit]));
  return { schema, expected: `a number of ${unit} from ${from} to ${to}` };
}

const unitMs = { milliseconds: 1, seconds: 1000, minutes: 60_000, days: 86_400_000 } as const;

/** A base URL without its closing slash; plain http only where nobody can listen in. */
export function baseUrl(expected: string, ownEnd: RegExp): Setting<string> {
  const schema = z
    .string()
    .refine((value) => /^https?:$/u.test(urlOf(value)?.protocol ?? ''), { error: expected })
    .refine(isPrivate, { error: 'plain http:// is accepted for loopback hosts only; use https://' })
    .transform((value) => value.replace(ownEnd, '').replace(/\/+$/u, ''));
  return { schema, expected };
}

export function secretUrl(expected: string): Setting<Secret> {
  const schema = z
    .string()
    .refine((value) => /^https?:$/u.test(urlOf(value)?.protocol ?? ''), { error: expected })
    .refine(isPrivate, { error: 'plain http:// is accepted for loopback hosts only; use https://' })
    .transform(createSecret);
  return { schema, expected };
}

function isPrivate(value: string): boolean {
  const url = urlOf(value);
  return url?.protocol !== 'http:' || isLoopbackHost(url.hostname);
}

function urlOf(value: string): URL | undefined {
  return URL.parse(value) ?? undefined;
}

/** Hosts that no packet leaves the machine for. */
export function isLoopbackHost(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/iu.test(host);
}

export function isLoopbackUrl(value: string): boolean {
  return isLoopbackHost(urlOf(value)?.hostname ?? '');
}

export function accountIds(): Setting<readonly number[]> {
  const schema = z
    .string()
    .transform((list) => items(list).map(Number))
    .refine((ids) => ids.length > 0 && ids.every((id) => Number.isSafeInteger(id) && id > 0))
    .transform((ids) => [...new Set(ids)]);
  return { schema, expected: 'MIDs (numbers), comma-separated' };
}

/** The event types of a list, in the catalog's order; undefined where one is unknown or none is given. */
export function parseEventTypes(list: string): EventTypeName[] | undefined {
  const names = new Set(items(list));
  if (names.size === 1 && names.has('all')) return [...eventTypeNames];
  const known = eventTypeNames.filter((name) => names.has(name));
  return known.length === names.size && known.length > 0 ? known : undefined;
}

export const eventTypesExpected = `all, or comma-separated names of ${eventTypeNames.join(', ')}`;

export function eventTypes(): Setting<readonly EventTypeName[]> {
  const schema = z.string().transform((list, context) => {
    const names = parseEventTypes(list);
    if (names === undefined) context.addIssue({ code: 'custom', message: eventTypesExpected });
    return names ?? [];
  });
  return { schema, expected: eventTypesExpected };
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

export function timeZone(): Setting<string> {
  const schema = z.string().refine(isTimeZone);
  return { schema, expected: 'a time zone such as UTC or Europe/Berlin' };
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return /^[a-z]/iu.test(name);
  } catch {
    return false;
  }
}

export function schedule(): Setting<string> {
  const expected = 'a cron expression of five fields (six with seconds), such as 0 2 * * *';
  return { schema: z.string().refine(isScheduleExpression), expected };
}

export function port(): Setting<number | 'off'> {
  const number = z
    .string()
    .regex(/^\d{1,5}$/u)
    .transform(Number)
    .pipe(z.number().max(65_535));
  return {
    schema: z.union([z.literal('off'), number]),
    expected: 'a port from 0 (any free one) to 65535, or off',
  };
}

/** Months of events to keep, by event type where the setting tells them apart. */
export interface Retention {
  readonly months?: number;
  readonly monthsByEventType: Readonly<Record<string, number>>;
}

export function retention(): Setting<Retention> {
  const expected = `a number of months from 1 to 1200, or sent=24,open=60 (event types: ${eventTypeNames.join(', ')})`;
  const months = /^([1-9]\d{0,2}|1[01]\d\d|1200)$/u;
  const schema = z.string().transform((list, context): Retention => {
    if (months.test(list)) return { months: Number(list), monthsByEventType: {} };
    const pairs = items(list).map((item) => item.split('='));
    const isValid = pairs.every(([name = '', count = '', ...rest]) => {
      return findEventDefinition(name) !== undefined && months.test(count) && rest.length === 0;
    });
    if (!isValid || pairs.length === 0) context.addIssue({ code: 'custom', message: expected });
    return {
      monthsByEventType: Object.fromEntries(pairs.map(([name = '', count]) => [name, Number(count)])),
    };
  });
  return { schema, expected };
}

/** The items of a comma-separated list, without blanks. */
export function items(list: string): string[] {
  return list
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
