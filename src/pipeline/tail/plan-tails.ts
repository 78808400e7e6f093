import type { EventDefinition } from '../../events/define-event.ts';
import type { TailRung, TaskScope, Window } from '../../store/ledger/task-ledger.ts';
import type { PlannedTail } from '../../store/planning/plan-ledger.ts';
import type { OpenTail, TailFacts, TailMark } from '../../store/tail/tail-facts.ts';
import type { TailCover } from '../planning/tail-cover.ts';
import {
  createWindow,
  cutEvenly,
  cutWindow,
  partOf,
  retentionMs,
  type WindowSizing,
} from '../planning/windows.ts';
import { boundOf, definitionsOf, listOf, listsOf, passedFrom } from './old-jobs.ts';
import { chooseRung, isProven, retryRungMs } from './rungs.ts';

const dayMs = 24 * 60 * 60 * 1000;

/** The first window reaches this far beyond the overlap: a job that was read since then needs no reading of its own. */
const firstReachMs = 2 * dayMs;

/** A window that would be cut into more parts than these is too dear by date: then the next rung is used. */
export const partsMax = 60;

export interface TailSettings {
  /** The start of the run. */
  readonly now: Date;
  readonly settlingMs: number;
  readonly overlapMs: (definition: EventDefinition) => number;
  readonly sizing: WindowSizing;
  readonly pageSize: number;
}

export interface TailPlan {
  readonly windows: readonly PlannedTail[];
  /** By event type; a type that is read job by job has none. */
  readonly covers: ReadonlyMap<string, TailCover>;
  /** By which rung each event type is read, as one text. */
  readonly rungs: string;
}

/**
 * Plans the windows of the tail of one account, one for each event type, and says which jobs need no reading of their
 * own because of them. Pure.
 *
 * A rung that no type was ever read on is tried with one type alone, so that one that does not work costs the requests
 * of one search.
 */
export function planTails(
  facts: TailFacts,
  definitions: readonly EventDefinition[],
  settings: TailSettings,
): TailPlan {
  const covers = new Map<string, TailCover>();
  const windows: PlannedTail[] = [];
  const rungs: string[] = [];
  const isOff = facts.offAt !== null && settings.now.getTime() - facts.offAt.getTime() < retryRungMs;
  const tried = new Set(facts.open.flatMap(({ rung, isParked }) => (isParked ? [] : [rung])));
  for (const definition of isOff ? [] : definitions) {
    const eventType = definition.name;
    const mark = facts.marks.find((one) => one.eventType === eventType);
    const open = facts.open.find((one) => one.eventType === eventType);
    const known = open ?? readInThisRun(mark, facts, settings);
    const planned = known === undefined ? planTail(facts, definition, mark, settings) : undefined;
    const tail = known ?? (planned === undefined ? undefined : openOf(planned));
    if (tail === undefined) continue;
    covers.set(eventType, coverOf(tail));
    rungs.push(`${eventType} ${tail.rung}`);
    if (planned === undefined) continue;
    if (isProven(facts.marks, planned.rung) || !tried.has(planned.rung)) windows.push(planned);
    tried.add(planned.rung);
  }
  return { windows, covers, rungs: rungs.join() };
}

/** A window of an earlier run that ends so shortly before this one is as good as its own. */
const endToleranceMs = 60 * 60 * 1000;

/** The window that was read in this run up to its end, so that nothing is left to plan. */
function readInThisRun(
  mark: TailMark | undefined,
  facts: TailFacts,
  { now, settlingMs }: TailSettings,
): OpenTail | undefined {
  if (mark === undefined || mark.completedAt < now) return undefined;
  if (mark.coveredTo.getTime() < now.getTime() - settlingMs - endToleranceMs) return undefined;
  const { eventType, rung, belowJobId, windowFrom, coveredTo } = mark;
  return {
    ...{ eventType, rung, belowJobId, window: { from: windowFrom, to: coveredTo }, isParked: false },
    jobIds: rung === 3 ? listOf(facts, eventType) : null,
    definitionIds: rung === 4 ? definitionsOf(facts.jobs) : [],
  };
}

function openOf({ eventType, rung, belowJobId, scope, parts }: PlannedTail): OpenTail {
  const definitionIds = parts.flatMap(({ definitionId }) => (definitionId == null ? [] : [definitionId]));
  const window = scope.window ?? { from: new Date(0), to: new Date(0) };
  return { eventType, rung, belowJobId, window, jobIds: scope.jobIds, definitionIds, isParked: false };
}

function coverOf({ rung, belowJobId, jobIds, definitionIds, window }: OpenTail): TailCover {
  const jobs = new Set(jobIds);
  const definitions = new Set(definitionIds);
  const covers: Readonly<Record<TailRung, TailCover['covers']>> = {
    1: ({ jobId }) => jobId < (belowJobId ?? 0),
    2: () => true,
    3: ({ jobId }) => jobs.has(jobId),
    4: ({ triggeredSendId }) => triggeredSendId != null && definitions.has(triggeredSendId),
  };
  return { from: window.from, covers: covers[rung] };
}

function planTail(
  facts: TailFacts,
  definition: EventDefinition,
  mark: TailMark | undefined,
  settings: TailSettings,
): PlannedTail | undefined {
  const { now, settlingMs, pageSize } = settings;
  const eventType = definition.name;
  const endMs = now.getTime() - settlingMs;
  const overlapMs = settings.overlapMs(definition);
  const fromMs = mark === undefined ? endMs - overlapMs - firstReachMs : mark.coveredTo.getTime() - overlapMs;
  const bound = boundOf(facts.jobs, mark);
  const list = listOf(facts, eventType);
  const definitionIds = definitionsOf(facts.jobs);
  const youngEvents = youngEventsIn(facts, eventType, mark, (endMs - fromMs) / 1000);
  const isAffordable = (rung: TailRung): boolean => {
    const width = widthOf(facts, eventType, rung);
    return width === undefined || (endMs - fromMs) / 1000 / width <= partsMax;
  };
  const isPossible = (rung: TailRung): boolean =>
    isAffordable(rung) &&
    { 1: bound !== undefined, 2: true, 3: list.length > 0, 4: definitionIds.length > 0 }[rung];
  const rung = chooseRung(facts, { eventType, youngEvents, pageSize, now, isPossible });
  if (rung === undefined) return undefined;
  const belowJobId = rung === 1 ? (bound ?? null) : null;
  const reachMs = rung > 2 ? fromMs : Math.min(fromMs, passedFrom(facts.jobs, mark, belowJobId, overlapMs));
  const window = createWindow(Math.max(reachMs, endMs - retentionMs), endMs);
  if (window === undefined) return undefined;
  const jobIds = rung === 3 ? list : null;
  const scopes: TaskScope[] =
    rung === 3
      ? listsOf(list).map((ids) => ({ window, jobIds: ids }))
      : rung === 4
        ? definitionIds.map((definitionId) => ({ window, jobIds: null, definitionId }))
        : [{ window, jobIds: null }];
  const cut = (part: Window): Window[] => cutTail(part, widthOf(facts, eventType, rung), mark, settings);
  const parts = scopes.flatMap((scope) => cut(window).map((part) => partOf(scope, part)));
  return { accountId: facts.accountId, eventType, rung, belowJobId, scope: { window, jobIds }, parts };
}

/** Before anything of a type was read there is no rate: then no event of a young job is as frequent as its mails. */
function youngEventsIn(
  { youngRates, jobs }: TailFacts,
  eventType: string,
  mark: TailMark | undefined,
  seconds: number,
): number {
  const rate = youngRates.get(eventType);
  if (rate !== undefined) return rate * seconds;
  if (mark !== undefined) return 0;
  return jobs.reduce((sum, { isYoung, numberSent }) => sum + (isYoung ? numberSent : 0), 0);
}

/** By the width that is known to work where wider windows time out, else by the events that are expected. */
function cutTail(
  window: Window,
  widthSeconds: number | undefined,
  mark: TailMark | undefined,
  { sizing }: TailSettings,
): Window[] {
  if (widthSeconds !== undefined) return cutEvenly(window, widthSeconds);
  const perMs =
    mark === undefined || mark.lastWindowSeconds === 0
      ? 0
      : mark.lastRecords / (mark.lastWindowSeconds * 1000);
  return cutWindow(window, (ms) => ms * perMs, sizing);
}

function widthOf({ widths }: TailFacts, eventType: string, rung: TailRung): number | undefined {
  return widths.find((one) => one.eventType === eventType && one.rung === rung)?.worksSeconds;
}
