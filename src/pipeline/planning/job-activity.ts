import type { EventDefinition } from '../../events/define-event.ts';
import type { CheckpointFacts, JobFacts } from '../../store/ledger/plan-facts.ts';

/** Sent events of a job need not be asked for again when its counters are this much younger. */
const countersAgeMs = 24 * 60 * 60 * 1000;

export interface ActivitySettings {
  readonly now: Date;
  readonly lookbackMs: number;
}

/** When the job last showed life: its send or its last loaded event. */
export function lastActivityMs(job: JobFacts): number {
  const sent = (job.sentAt ?? job.scheduledAt ?? job.createdAt ?? job.firstSeenAt).getTime();
  return Math.max(sent, job.lastEventAt?.getTime() ?? 0);
}

/** Where the job's events can begin: `SentDate` is when a send was completed, so it is no bound. */
export function jobStartMs(job: JobFacts): number | undefined {
  const known = [job.createdAt, job.scheduledAt].flatMap((date) => (date === null ? [] : [date.getTime()]));
  return known.length > 0 ? Math.min(...known) : job.sentAt?.getTime();
}

function isJobOpen(job: JobFacts, settings: ActivitySettings): boolean {
  if (job.isTriggered && job.isDefinitionActive) return true;
  return settings.now.getTime() - lastActivityMs(job) <= settings.lookbackMs;
}

/** Whether the job is asked in each run, no more, or once a month. */
export function nextState(
  job: JobFacts,
  definition: EventDefinition,
  checkpoint: CheckpointFacts | undefined,
  settings: ActivitySettings,
): CheckpointFacts['state'] {
  if (definition.name === 'sent' && isSentComplete(job, checkpoint)) return 'complete';
  return isJobOpen(job, settings) ? 'open' : 'closed';
}

/** All mails of a list send are in: its counters are settled, younger than the last window, and agree. */
function isSentComplete(job: JobFacts, checkpoint: CheckpointFacts | undefined): boolean {
  if (checkpoint?.state === 'complete') return true;
  return needsSentCount(job, checkpoint) && job.sentLoaded !== null && job.sentLoaded === job.numberSent;
}

/** Whether only the number of sent events in the table is left to be known of a list send: worth a count. */
export function needsSentCount(job: JobFacts, checkpoint: CheckpointFacts | undefined): boolean {
  if (checkpoint?.state !== 'open' || checkpoint.coveredTo === null) return false;
  if (job.isTriggered || job.sentAt === null || job.countersAt === null || job.numberSent === null)
    return false;
  return (
    job.status === 'Complete' &&
    job.countersAt.getTime() - job.sentAt.getTime() >= countersAgeMs &&
    job.countersAt > checkpoint.coveredTo &&
    checkpoint.coveredTo > job.sentAt
  );
}
