import type { EventDefinition } from '../../events/define-event.ts';
import type { CheckpointFacts, JobFacts } from '../../store/planning/plan-facts.ts';
import type { ExpectedBefore } from './windows.ts';

/** Half of the opens and clicks of a send happen within about half a day. */
const halfLifeMs = 12 * 60 * 60 * 1000;

/**
 * The events expected before an instant, from the rate of the job's last window, or from its number of mails and
 * when events of the type arrive. It only sizes windows.
 */
export function expectedEvents(
  job: JobFacts,
  definition: EventDefinition,
  checkpoint: CheckpointFacts | undefined,
): ExpectedBefore {
  if (checkpoint !== undefined && checkpoint.lastWindowSeconds > 0) {
    const perMs = checkpoint.lastRecords / (checkpoint.lastWindowSeconds * 1000);
    return (ms) => ms * perMs;
  }
  const total = (job.numberSent ?? 0) * definition.expectedPerSent;
  const begin = (job.scheduledAt ?? job.createdAt ?? job.sentAt)?.getTime();
  if (total === 0 || begin === undefined) return () => 0;
  const completedAt = job.sentAt === null ? begin : job.sentAt.getTime();
  if (definition.arrival === 'with-send' || job.isTriggered) {
    const lengthMs = Math.max(completedAt - begin, 1000);
    return (ms) => total * Math.min(Math.max((ms - begin) / lengthMs, 0), 1);
  }
  return (ms) => (ms <= begin ? 0 : total * (1 - 2 ** ((begin - ms) / halfLifeMs)));
}
