import type { EventDefinition } from '../../events/define-event.ts';
import type { JobFacts, PlanFacts } from '../../store/planning/plan-facts.ts';
import type { PlannedWindow } from '../../store/planning/plan-ledger.ts';
import type { Window } from '../../store/ledger/task-ledger.ts';
import { expectedEvents } from './expected-events.ts';
import { jobStartMs } from './job-activity.ts';
import { createWindow, cutWindow, type WindowSizing } from './windows.ts';

/** No mail of a list send is dated later than this after the send was completed. */
const lastMailMs = 4 * 24 * 60 * 60 * 1000;

export interface BackfillSettings {
  readonly range: Window;
  readonly now: Date;
  readonly overlapMs: (definition: EventDefinition) => number;
  readonly sizing: WindowSizing;
  /** 1: oldest window first; -1: youngest first. */
  readonly order: 1 | -1;
}

/** The windows of a backfill for one job: one per event type that can have events in the range. Pure. */
export function planBackfillOfJob(
  { job }: PlanFacts,
  definitions: readonly EventDefinition[],
  settings: BackfillSettings,
): PlannedWindow[] {
  return definitions.flatMap((definition) => {
    const window = possibleWindow(job, definition, settings);
    if (window === undefined) return [];
    const parts = cutWindow(window, expectedEvents(job, definition, undefined), settings.sizing);
    const { accountId, jobId } = job;
    return [
      {
        accountId,
        jobId,
        eventType: definition.name,
        origin: 'backfill' as const,
        window,
        parts,
        isFullRead: false,
      },
    ];
  });
}

/** The part of the range in which the job can have events of this type; undefined where there is none. */
function possibleWindow(
  job: JobFacts,
  definition: EventDefinition,
  { range, now, overlapMs }: BackfillSettings,
): Window | undefined {
  const startMs = jobStartMs(job);
  if (startMs !== undefined && startMs >= range.to.getTime()) return undefined;
  const firstMs = startMs === undefined ? -Infinity : startMs - overlapMs(definition);
  return createWindow(
    Math.max(range.from.getTime(), firstMs),
    Math.min(range.to.getTime(), now.getTime(), lastEventMs(job, definition)),
  );
}

/** The latest date that an event of the type can have; infinite where nothing bounds it. */
function lastEventMs(job: JobFacts, { completedBy }: EventDefinition): number {
  const isOver = !job.isTriggered && job.status === 'Complete';
  return completedBy !== undefined && isOver && job.sentAt !== null
    ? job.sentAt.getTime() + lastMailMs
    : Infinity;
}
