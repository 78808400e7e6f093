import type { EventDefinition } from '../../events/define-event.ts';
import type { CheckpointFacts, JobFacts, PlanFacts } from '../../store/planning/plan-facts.ts';
import type { PlannedWindow } from '../../store/planning/plan-ledger.ts';
import type { TaskOrigin, Window } from '../../store/ledger/task-ledger.ts';
import { expectedEvents } from './expected-events.ts';
import { isFullRereadDue } from './full-reread.ts';
import { jobStartMs, nextState } from './job-activity.ts';
import { type TailCover, youngMs } from './tail-cover.ts';
import { createWindow, cutWindow, subtractSpans, type WindowSizing } from './windows.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** How often an older job is read: once a night, however many runs there are. */
export const olderCadenceMs = 20 * hourMs;

/** How often a closed job is read: some events appear months late. */
export const closedCadenceMs = 30 * dayMs;

export interface PlanSettings {
  /** The start of the run: what was read since is not read again by it. */
  readonly now: Date;
  readonly lookbackMs: number;
  readonly settlingMs: number;
  readonly overlapMs: (definition: EventDefinition) => number;
  readonly sizing: WindowSizing;
  /** A person named the jobs: they are read whatever their state. */
  readonly isForced: boolean;
  /** By event type, the jobs that the tail reads; none where it is off. */
  readonly tails?: ReadonlyMap<string, TailCover>;
}

/** The plan of one event type of one job. */
export interface EventTypePlan {
  readonly eventType: string;
  /** Undefined where nothing was ever read: there is no checkpoint yet. */
  readonly state: CheckpointFacts['state'] | undefined;
  readonly windows: readonly PlannedWindow[];
}

/**
 * Plans what a sync reads for one job: pure, one plan per event type. Open windows of earlier runs are not planned
 * again, because a sync adopts them.
 */
export function planJob(
  facts: PlanFacts,
  definitions: readonly EventDefinition[],
  settings: PlanSettings,
): EventTypePlan[] {
  return definitions.map((definition) => planEventType(facts, definition, settings));
}

function planEventType(facts: PlanFacts, definition: EventDefinition, settings: PlanSettings): EventTypePlan {
  const { job } = facts;
  const checkpoint = facts.checkpoints.find(({ eventType }) => eventType === definition.name);
  const own = facts.ledger.filter(({ eventType }) => eventType === definition.name);
  const hasOpen = (origin: TaskOrigin) => own.some((task) => task.origin === origin && !task.isParked);
  const parked = own.filter((task) => task.isParked && task.origin === 'sync').map((task) => task.window);
  const state = nextState(job, definition, checkpoint, settings);
  const plan = { job, definition, checkpoint, settings, parked };
  const isTailed = parked.length === 0 && isReadByTail(plan);
  const windows: PlannedWindow[] = [];
  if (!hasOpen('sync') && isDue(plan, state, isTailed)) windows.push(...planSyncWindow(plan, state));
  if (!hasOpen('full_reread') && isFullRereadDue(plan, state, isTailed))
    windows.push(...planFullReread(plan));
  return { eventType: definition.name, state: checkpoint === undefined ? undefined : state, windows };
}

interface Planning {
  job: JobFacts;
  definition: EventDefinition;
  checkpoint: CheckpointFacts | undefined;
  settings: PlanSettings;
  parked: readonly Window[];
}

/**
 * Whether the window of the tail continues where the job has been read to: then the job needs no window of its own. One
 * that was read to a point before it is read by its JobID first, when that is due.
 */
function isReadByTail({ job, definition, checkpoint, settings }: Planning): boolean {
  const tail = settings.tails?.get(definition.name);
  if (tail === undefined || settings.isForced || job.isYoung === true) return false;
  return checkpoint?.coveredTo != null && checkpoint.coveredTo >= tail.from && tail.covers(job);
}

function isDue(plan: Planning, state: CheckpointFacts['state'], isTailed: boolean): boolean {
  const { job, checkpoint, settings } = plan;
  if (checkpoint?.askedAt == null) return true;
  if (isTailed) return isBeginningMissing(plan, checkpoint, state);
  if (wasReadInThisRun(checkpoint, settings))
    return isBeginningMissing(plan, checkpoint, state) || isEndMissing(checkpoint, state, settings);

  if (settings.isForced) return true;
  const sinceReadMs = settings.now.getTime() - checkpoint.askedAt.getTime();
  switch (state) {
    case 'complete':
      return false;
    case 'closed':
      return sinceReadMs >= closedCadenceMs;
    case 'open':
      return settings.now.getTime() - job.activeAt.getTime() <= youngMs || sinceReadMs >= olderCadenceMs;
  }
}

function wasReadInThisRun(checkpoint: CheckpointFacts | undefined, settings: PlanSettings): boolean {
  return checkpoint?.askedAt != null && checkpoint.askedAt >= settings.now;
}

/** Whether this run planned the last window itself: only then was it read after everything that came late so far. */
function isOwnWindow(
  checkpoint: CheckpointFacts,
  state: CheckpointFacts['state'],
  settings: PlanSettings,
): boolean {
  return wasReadInThisRun(checkpoint, settings) && !isEndMissing(checkpoint, state, settings);
}

/** Events were found on an old job that was read for the lookback only. */
function isBeginningMissing(
  { job, settings }: Planning,
  checkpoint: CheckpointFacts,
  state: CheckpointFacts['state'],
): boolean {
  const startMs = jobStartMs(job);
  const isOpen = state === 'open' || settings.isForced;
  return (
    isOpen &&
    startMs !== undefined &&
    checkpoint.coveredFrom !== null &&
    checkpoint.coveredFrom.getTime() > startMs
  );
}

/** The windows of this run were adopted from an earlier one, and end where that one planned. */
function isEndMissing(
  { coveredTo }: CheckpointFacts,
  state: CheckpointFacts['state'],
  { now, settlingMs }: PlanSettings,
): boolean {
  const isRead = state !== 'complete' && coveredTo !== null;
  return isRead && createWindow(coveredTo.getTime(), now.getTime() - settlingMs) !== undefined;
}

function planSyncWindow(plan: Planning, state: CheckpointFacts['state']): PlannedWindow[] {
  const { job, definition, checkpoint, settings } = plan;
  const endMs = settings.now.getTime() - settings.settlingMs;
  const overlapMs = settings.overlapMs(definition);
  const startMs = jobStartMs(job);
  const firstMs = (startMs ?? endMs - settings.lookbackMs) - overlapMs;
  const covered =
    checkpoint?.coveredFrom && checkpoint.coveredTo
      ? createWindow(
          checkpoint.coveredFrom.getTime(),
          checkpoint.coveredTo.getTime() - (isOwnWindow(checkpoint, state, settings) ? 0 : overlapMs),
        )
      : undefined;
  // An old job that was never read is read for the lookback only. If that has events, the job is open from then on,
  // and the next plan reads its beginning as well.
  const isOpen = state === 'open' || settings.isForced;
  const fromMs = isOpen
    ? firstMs
    : Math.max(firstMs, checkpoint?.coveredFrom?.getTime() ?? endMs - settings.lookbackMs);
  const resumeMs = covered !== undefined && covered.from.getTime() <= fromMs ? covered.to.getTime() : fromMs;
  const spans = covered === undefined ? plan.parked : [...plan.parked, covered];
  const isFullRead = isOpen && resumeMs === fromMs && startMs !== undefined;
  return toPlanned(plan, {
    origin: 'sync',
    window: createWindow(resumeMs, endMs),
    without: spans,
    isFullRead,
  });
}

function planFullReread(plan: Planning): PlannedWindow[] {
  const { settings, definition, job } = plan;
  const startMs = jobStartMs(job);
  if (startMs === undefined) return [];
  const endMs = settings.now.getTime() - settings.settlingMs;
  const window = createWindow(startMs - settings.overlapMs(definition), endMs);
  return toPlanned(plan, { origin: 'full_reread', window, without: [], isFullRead: true });
}

interface Wanted {
  readonly origin: TaskOrigin;
  readonly window: Window | undefined;
  /** Spans of the window that are read already, or parked. */
  readonly without: readonly Window[];
  readonly isFullRead: boolean;
}

/** A window as it is entered into the ledger: without some spans, in parts. */
function toPlanned(plan: Planning, { origin, window, without, isFullRead }: Wanted): PlannedWindow[] {
  if (window === undefined) return [];
  const { job, definition, checkpoint, settings } = plan;
  const expected = expectedEvents(job, definition, isFullRead ? undefined : checkpoint);
  const parts = subtractSpans(window, without).flatMap((part) => cutWindow(part, expected, settings.sizing));
  if (parts.length === 0) return [];
  const { accountId, jobId } = job;
  return [{ accountId, jobId, eventType: definition.name, origin, window, parts, isFullRead }];
}
