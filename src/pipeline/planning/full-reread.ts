import type { CheckpointFacts, JobFacts } from '../../store/planning/plan-facts.ts';
import { type ActivitySettings, jobStartMs } from './job-activity.ts';

/** A send gets a full re-read this long after it was sent, for events that appeared late. */
const fullRereadAgeMs = 7 * 24 * 60 * 60 * 1000;

export interface RereadFacts {
  readonly job: JobFacts;
  readonly checkpoint: CheckpointFacts | undefined;
  readonly settings: ActivitySettings;
}

/**
 * A week after the send, again when the job closes, and once where Marketing Cloud counts more events than are loaded;
 * not where the job was read in full since.
 */
export function isFullRereadDue(
  { job, checkpoint, settings }: RereadFacts,
  state: CheckpointFacts['state'],
  isTailed: boolean,
): boolean {
  const foundAt = checkpoint?.deficitFoundAt;
  if (foundAt != null && (checkpoint?.fullReadAt == null || checkpoint.fullReadAt < foundAt)) return true;
  if (checkpoint?.fullReadAt == null || state === 'complete') return false;
  const now = settings.now.getTime();
  const fullReadMs = checkpoint.fullReadAt.getTime();
  // A job of the tail may come back to life many times: it is read again after its send, not after each event.
  const activeMs = isTailed ? (jobStartMs(job) ?? Infinity) : job.activeAt.getTime();
  const closesMs = activeMs + settings.lookbackMs;
  if (state === 'closed') return fullReadMs < closesMs && closesMs <= now;
  const weekOldMs =
    job.isTriggered || job.sentAt === null ? Infinity : job.sentAt.getTime() + fullRereadAgeMs;
  return fullReadMs < weekOldMs && weekOldMs <= now;
}
