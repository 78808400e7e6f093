import { parseSelection, type RawSelection, type Selection } from './selection.ts';
import { type Parsed, parseInstant } from './values.ts';

/** A range as typed. */
export interface RawRange extends RawSelection {
  readonly from?: string;
  readonly to?: string;
}

/** Options of `export` as typed. */
export interface RawExportOptions extends RawRange {
  readonly out?: string;
  readonly format?: string;
  readonly sinceLast?: string;
}

export interface ExportRange extends Selection {
  readonly from: Date;
  readonly to: Date;
}

/** The range may be left out where an export goes on from the last one. */
export function parseExportRange(raw: RawRange, isOptional: boolean): Parsed<ExportRange> {
  const problems: string[] = [];
  const limit = (option: string, text: string | undefined, all: string) =>
    parseInstant(option, text ?? (isOptional ? all : undefined), problems);
  const from = limit('--from', raw.from, '2000-01-01');
  const to = limit('--to', raw.to, '2100-01-01');
  if (from >= to) problems.push(`--to is ${raw.to ?? ''}: an instant after --from (the range is [from, to))`);
  return { options: { ...parseSelection(raw, problems), from, to }, problems };
}

/** Options of `extract` as typed. */
export interface RawExtractOptions extends RawRange {
  readonly json?: boolean;
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
