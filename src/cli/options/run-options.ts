import { isTimeOfDay } from '../../operations/next-time-of-day.ts';
import { parseSelection, type Selection } from './selection.ts';
import type { RawRange } from './range-options.ts';
import { type Parsed, parseInstant } from './values.ts';

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

/** Options of `sync` and `backfill` as typed. */
export interface RawRunOptions extends RawRange {
  readonly oldestFirst?: boolean;
  readonly dryRun?: boolean;
  readonly until?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

export function parseSyncOptions(raw: RawRunOptions): Parsed<SyncOptions> {
  const problems: string[] = [];
  return { options: { ...parseSelection(raw, problems), json: raw.json ?? false }, problems };
}

/** `keptSince`: before it, Marketing Cloud keeps no events. */
export function parseBackfillOptions(
  raw: RawRunOptions,
  now: Date,
  keptSince: Date,
): Parsed<BackfillOptions> {
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
export function notKeptText(
  { from }: BackfillOptions,
  raw: RawRunOptions,
  keptSince: Date,
): string | undefined {
  if (from >= keptSince) return undefined;
  return `--from is ${raw.from ?? ''}: ${notKept(keptSince)}: what is older is not there any more`;
}

function notKept(keptSince: Date): string {
  return `Marketing Cloud keeps events for 730 days, since ${keptSince.toISOString().slice(0, 10)}`;
}
