import type { Queryable } from '../connection/pool.ts';

/**
 * Jobs that the tail has found alive in this run: those that were not known, and closed ones that had an event within
 * the lookback. They may need a reading of their own, of what was before.
 */
export async function findRevivedJobs(
  database: Queryable,
  accountId: number,
  { runStartedAt, activeSince }: { readonly runStartedAt: Date; readonly activeSince: Date },
): Promise<number[]> {
  const { rows } = await database.query<{ jobId: number }>(
    `select job.job_id as "jobId" from tracking.jobs as job
     where job.account_id = $1 and job.last_event_at >= $3
       and (job.is_stub and job.first_seen_at >= $2
            or exists (
              select from pipeline.checkpoints as mark
              where mark.account_id = job.account_id and mark.job_id = job.job_id and mark.state = 'closed'
                and mark.asked_at >= $2))
     order by job.job_id`,
    [accountId, runStartedAt, activeSince],
  );
  return rows.map(({ jobId }) => jobId);
}
