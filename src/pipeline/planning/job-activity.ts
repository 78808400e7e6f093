import type { CompletingCounter, EventDefinition } from '../../events/define-event.ts';
import { isJobOpen } from '../../store/planning/open-jobs.ts';
import type { CheckpointFacts, JobFacts } from '../../store/planning/plan-facts.ts';

/** A counter that is this much younger than the send does not change any more. */
const counterSettledMs = 24 * 60 * 60 * 1000;

export interface ActivitySettings {
  readonly now: Date;
  readonly lookbackMs: number;
}

/** Where the job's events can begin. Not `SentDate`, which is when the send was completed. */
export function jobStartMs(job: JobFacts): number | undefined {
  const known = [job.createdAt, job.scheduledAt].flatMap((date) => (date === null ? [] : [date.getTime()]));
  return known.length > 0 ? Math.min(...known) : job.sentAt?.getTime();
}

/** Whether events of the type are requested in each run, not any more, or once a month. */
export function nextState(
  job: JobFacts,
  definition: EventDefinition,
  checkpoint: CheckpointFacts | undefined,
  { now, lookbackMs }: ActivitySettings,
): CheckpointFacts['state'] {
  if (isComplete(job, definition, checkpoint)) return 'complete';
  return isJobOpen(job, new Date(now.getTime() - lookbackMs)) ? 'open' : 'closed';
}

/** All events of a list send are in: its counter is settled, younger than the last window, and agrees. */
function isComplete(
  job: JobFacts,
  definition: EventDefinition,
  checkpoint: CheckpointFacts | undefined,
): boolean {
  if (definition.completedBy === undefined) return false;
  if (checkpoint?.state === 'complete') return true;
  return (
    needsCount(job, definition, checkpoint) && checkpoint?.eventsLoaded === finalCountOf(job, definition)
  );
}

/** Whether only a count of the loaded events is missing to say if the type is complete for this job. */
export function needsCount(
  job: JobFacts,
  definition: EventDefinition,
  checkpoint: CheckpointFacts | undefined,
): boolean {
  if (checkpoint?.state !== 'open' || checkpoint.coveredTo === null) return false;
  if (job.isTriggered || job.sentAt === null || job.countersAt === null) return false;
  return (
    finalCountOf(job, definition) !== null &&
    job.status === 'Complete' &&
    job.countersAt.getTime() - job.sentAt.getTime() >= counterSettledMs &&
    job.countersAt > checkpoint.coveredTo &&
    checkpoint.coveredTo > job.sentAt
  );
}

/** The number of events of the type that the job has in the end; null where no counter says it. */
function finalCountOf(job: JobFacts, { completedBy }: EventDefinition): number | null {
  const counters: Readonly<Record<CompletingCounter, number | null>> = { number_sent: job.numberSent };
  return completedBy === undefined ? null : counters[completedBy];
}
