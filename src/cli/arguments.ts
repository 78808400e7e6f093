import type { EventTypeName } from '../events/catalog.ts';
import { ConfigInvalidError } from '../errors.ts';
import { eventTypesExpected, items, parseEventTypes } from '../config/setting-kinds.ts';

/** What a run is limited to; undefined: all of it. */
export interface Selection {
  readonly eventTypes?: readonly EventTypeName[];
  readonly jobIds?: readonly number[];
  readonly accountIds?: readonly number[];
}

export interface SyncOptions extends Selection {
  readonly json: boolean;
}

export interface BackfillOptions extends Selection {
  /** The range is `[from, to)`. */
  readonly from: Date;
  readonly to: Date;
  readonly oldestFirst: boolean;
  readonly force: boolean;
  readonly json: boolean;
}

/** Options as typed. */
export interface RawOptions {
  readonly events?: string;
  readonly jobs?: string;
  readonly accounts?: string;
  readonly from?: string;
  readonly to?: string;
  readonly oldestFirst?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** @throws {ConfigInvalidError} naming every option that is wrong. */
export function parseSyncOptions(raw: RawOptions): SyncOptions {
  const problems: string[] = [];
  const selection = parseSelection(raw, problems);
  refuse(problems);
  return { ...selection, json: raw.json ?? false };
}

/** @throws {ConfigInvalidError} naming every option that is wrong. */
export function parseBackfillOptions(raw: RawOptions): BackfillOptions {
  const problems: string[] = [];
  const from = parseInstant('--from', raw.from, problems);
  const to = parseInstant('--to', raw.to, problems);
  const selection = parseSelection(raw, problems);
  if (problems.length === 0 && from >= to)
    problems.push(`--to is ${raw.to ?? ''}: an instant after --from (the range is [from, to))`);

  refuse(problems);
  const { oldestFirst = false, force = false, json = false } = raw;
  return { ...selection, from, to, oldestFirst, force, json };
}

/** Ids on a command line. */
export function parseIds(name: string, texts: readonly string[]): number[] {
  const ids = texts.map(Number);
  if (!ids.every(isId)) refuse([`${name} is ${texts.join(' ')}: whole numbers`]);
  return [...new Set(ids)];
}

function parseSelection(raw: RawOptions, problems: string[]): Selection {
  const { events, jobs, accounts } = raw;
  return {
    ...(events === undefined ? {} : { eventTypes: parseEventList(events, problems) }),
    ...(jobs === undefined ? {} : { jobIds: parseIdList('--jobs', 'JobIDs', jobs, problems) }),
    ...(accounts === undefined ? {} : { accountIds: parseIdList('--accounts', 'MIDs', accounts, problems) }),
  };
}

function parseEventList(list: string, problems: string[]): EventTypeName[] {
  const names = parseEventTypes(list);
  if (names === undefined) problems.push(`--events is ${list}: ${eventTypesExpected}`);
  return names ?? [];
}

function parseIdList(option: string, ids: string, list: string, problems: string[]): number[] {
  const numbers = items(list).map(Number);
  if (numbers.length === 0 || !numbers.every(isId))
    problems.push(`${option} is ${list}: ${ids} (whole numbers), comma-separated`);

  return [...new Set(numbers)];
}

function isId(id: number): boolean {
  return Number.isSafeInteger(id) && id > 0;
}

const instantExpected = 'a date (2026-07-01, midnight UTC) or an instant with offset (2026-07-01T00:00:00Z)';
const instantPattern = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d))?$/u;

function parseInstant(option: string, text: string | undefined, problems: string[]): Date {
  if (text === undefined) {
    problems.push(`${option} is not given: ${instantExpected}`);
    return new Date(NaN);
  }
  const [, day = ''] = instantPattern.exec(text) ?? [];
  const instant = new Date(text);
  const midnight = new Date(day);
  // Date moves the 30th of February on to March; such a day is a slip of the pen.
  const isDay = !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day);
  if (day === '' || !isDay || Number.isNaN(instant.getTime()))
    problems.push(`${option} is ${text}: ${instantExpected}`);

  return instant;
}

function refuse(problems: readonly string[]): void {
  if (problems.length === 0) return;
  const lines = problems.map((line) => `  ${line}`);
  const message =
    problems.length === 1 ? problems : [`${problems.length} options are missing or wrong:`, ...lines];
  throw new ConfigInvalidError(message.join('\n'), { problems });
}
