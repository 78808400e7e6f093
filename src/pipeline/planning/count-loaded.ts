import type { EventDefinition } from '../../events/define-event.ts';
import { countEvents } from '../../store/planning/due-jobs.ts';
import type { CheckpointFacts, PlanFacts } from '../../store/planning/plan-facts.ts';
import type { Pool } from '../../store/connection/pool.ts';
import { jobStartMs, needsCount } from './job-activity.ts';

/**
 * No event is dated longer than this before its job. One that was would not be counted, and its type would not
 * become complete for the job.
 */
const eventsBeforeStartMs = 31 * 24 * 60 * 60 * 1000;

/** The facts with the loaded events counted, for each type and job whose completeness depends on the count. */
export async function countLoadedIfNeeded(
  facts: readonly PlanFacts[],
  definitions: readonly EventDefinition[],
  accountId: number,
  pool: Pool,
): Promise<readonly PlanFacts[]> {
  let counted = facts;
  for (const definition of definitions) {
    const jobs = counted.flatMap((known) => {
      const checkpoint = checkpointOf(known, definition);
      return needsCount(known.job, definition, checkpoint) ? [known.job] : [];
    });
    if (jobs.length === 0) continue;
    const startMs = jobs.map((job) => jobStartMs(job) ?? 0).reduce((one, other) => Math.min(one, other));
    const jobIds = jobs.map(({ jobId }) => jobId);
    const since = new Date(startMs - eventsBeforeStartMs);
    const counts = await countEvents(pool, definition, { accountId, jobIds, since });
    const isCounted = new Set(jobIds);
    counted = counted.map((known) =>
      isCounted.has(known.job.jobId) ? withCount(known, definition, counts.get(known.job.jobId) ?? 0) : known,
    );
  }
  return counted;
}

function checkpointOf({ checkpoints }: PlanFacts, { name }: EventDefinition): CheckpointFacts | undefined {
  return checkpoints.find(({ eventType }) => eventType === name);
}

function withCount(facts: PlanFacts, { name }: EventDefinition, eventsLoaded: number): PlanFacts {
  const checkpoints = facts.checkpoints.map((checkpoint) =>
    checkpoint.eventType === name ? { ...checkpoint, eventsLoaded } : checkpoint,
  );
  return { ...facts, checkpoints };
}
