import { eventTypesExpected, items, parseEventTypes } from '../config/setting-kinds.ts';
import type { EventTypeName } from '../events/catalog.ts';
import { isTimeOfDay } from '../operations/next-time-of-day.ts';

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
  /** Only says what it would cost. */
  readonly dryRun: boolean;
  /** `HH:MM`; undefined: to its end. */
  readonly until: string | undefined;
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
  readonly dryRun?: boolean;
  readonly until?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** Options as understood, and one line for each that is missing or wrong: with any line, the options mean nothing. */
export interface Parsed<Options> {
  readonly options: Options;
  readonly problems: readonly string[];
}

export function parseSyncOptions(raw: RawOptions): Parsed<SyncOptions> {
  const problems: string[] = [];
  return { options: { ...parseSelection(raw, problems), json: raw.json ?? false }, problems };
}

/** `keptSince`: before it, Marketing Cloud keeps no events. */
export function parseBackfillOptions(raw: RawOptions, now: Date, keptSince: Date): Parsed<BackfillOptions> {
  const problems: string[] = [];
  const from = parseInstant('--from', raw.from, problems);
  const to = parseInstant('--to', raw.to, problems);
  if (from >= now) problems.push(`--from is ${raw.from ?? ''}, in the future: there is nothing to load yet`);
  if (from >= to) problems.push(`--to is ${raw.to ?? ''}: an instant after --from (the range is [from, to))`);
  if (to <= keptSince && raw.force !== true) {
    problems.push(
      `--to is ${raw.to ?? ''}: ${notKept(keptSince)}, so nothing of this range can be read; --force requests it all the same`,
    );
  }
  if (raw.until !== undefined && !isTimeOfDay(raw.until))
    problems.push(`--until is ${raw.until}: a time of day from 00:00 to 23:59`);

  const selection = parseSelection(raw, problems);
  const { oldestFirst = false, force = false, json = false, dryRun = false, until } = raw;
  return { options: { ...selection, from, to, oldestFirst, force, json, dryRun, until }, problems };
}

/** What to say of a range that begins before what Marketing Cloud keeps; undefined where it does not. */
export function notKeptText({ from }: BackfillOptions, raw: RawOptions, keptSince: Date): string | undefined {
  if (from >= keptSince) return undefined;
  return `--from is ${raw.from ?? ''}: ${notKept(keptSince)}: what is older is not there any more`;
}

function notKept(keptSince: Date): string {
  return `Marketing Cloud keeps events for 730 days, since ${keptSince.toISOString().slice(0, 10)}`;
}

/** Options of `export` as typed. */
export interface ExportOptions extends RawOptions {
  readonly out?: string;
  readonly format?: string;
  readonly sinceLast?: string;
}

export interface ExportRange extends Selection {
  readonly from: Date;
  readonly to: Date;
}

/** The range may be left out where an export goes on from the last one. */
export function parseExportRange(raw: RawOptions, isOptional: boolean): Parsed<ExportRange> {
  const problems: string[] = [];
  const limit = (option: string, text: string | undefined, all: string) =>
    parseInstant(option, text ?? (isOptional ? all : undefined), problems);
  const from = limit('--from', raw.from, '2000-01-01');
  const to = limit('--to', raw.to, '2100-01-01');
  if (from >= to) problems.push(`--to is ${raw.to ?? ''}: an instant after --from (the range is [from, to))`);
  return { options: { ...parseSelection(raw, problems), from, to }, problems };
}

/** Options of `extract` as typed. */
export interface RawExtractOptions extends RawOptions {
  readonly wait?: string;
  readonly deleteRemote?: boolean;
  readonly keepFiles?: boolean;
}

export interface ExtractOptions extends ExportRange {
  readonly waitMs: number;
  readonly deletesRemote: boolean;
  readonly keepsFiles: boolean;
  readonly json: boolean;
}

const waitMinutes = { usual: 240, max: 43_200 };

export function parseExtractOptions(raw: RawExtractOptions, now: Date): Parsed<ExtractOptions> {
  const { options, problems: rangeProblems } = parseExportRange(raw, false);
  const problems = [...rangeProblems];
  if (options.from >= now)
    problems.push(`--from is ${raw.from ?? ''}, in the future: there is nothing to load yet`);
  const wait = raw.wait === undefined ? waitMinutes.usual : Number(raw.wait);
  if (!/^\d{1,5}(\.\d{1,6})?$/u.test(raw.wait ?? '0') || wait > waitMinutes.max)
    problems.push(`--wait is ${raw.wait ?? ''}: minutes from 0 to ${waitMinutes.max}`);
  const { deleteRemote = false, keepFiles = false, json = false } = raw;
  const waitMs = wait * 60_000;
  return {
    options: { ...options, waitMs, deletesRemote: deleteRemote, keepsFiles: keepFiles, json },
    problems,
  };
}

/** Options of a comparison with extracts: without a range the 30 days before today, at midnight UTC. */
export function parseComparisonOptions(raw: RawExtractOptions, now: Date): Parsed<ExtractOptions> {
  const today = new Date(Math.floor(now.getTime() / dayMs) * dayMs);
  const day = (daysAgo: number) => new Date(today.getTime() - daysAgo * dayMs).toISOString().slice(0, 10);
  return parseExtractOptions({ ...raw, from: raw.from ?? day(comparedDays), to: raw.to ?? day(0) }, now);
}

const dayMs = 24 * 60 * 60 * 1000;

/** One extract has at most as many. */
const comparedDays = 30;

/** Ids on a command line. */
export function parseIds(name: string, texts: readonly string[]): Parsed<readonly number[]> {
  const ids = texts.map(Number);
  const problems = ids.every(isId) ? [] : [`${name} is ${texts.join(' ')}: whole numbers`];
  return { options: [...new Set(ids)], problems };
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
  const invalid = new Date(NaN);
  if (text === undefined) {
    problems.push(`${option} is not given: ${instantExpected}`);
    return invalid;
  }
  const [, day = ''] = instantPattern.exec(text) ?? [];
  const instant = new Date(text);
  const midnight = new Date(day);
  // Date turns the 30th of February into a day in March; such a day is a typing error.
  const isDay = !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day);
  if (day !== '' && isDay && !Number.isNaN(instant.getTime())) return instant;
  problems.push(`${option} is ${text}: ${instantExpected}`);
  return invalid;
}
