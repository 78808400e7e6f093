import type { Queryable } from '../connection/pool.ts';
import { jobActiveAt, jobIsOpen, joinDefinition } from './open-jobs.ts';

/** The instants that decide which jobs a dimension is read for. */
export interface ReadingCutoffs {
  /** A job that was active since is open. */
  readonly activeSince: Date;
  /** An open job whose reading began before is due. */
  readonly openBefore: Date;
  /** A closed job whose reading began before is due. */
  readonly closedBefore: Date;
  /** A job that was last active before is not read any more: the source does not keep its events. */
  readonly retainedSince: Date;
}

export interface CounterCutoffs extends ReadingCutoffs {
  /** A job that was active since is young. */
  readonly youngSince: Date;
  /** A young job whose counters were read before is due. */
  readonly youngBefore: Date;
}

/** Jobs whose counters are due, by id: young ones, less often other open ones, and once in a while the closed ones. */
export async function findJobsToRefresh(
  database: Queryable,
  accountId: number,
  dimension: string,
  cutoffs: CounterCutoffs,
): Promise<number[]> {
  const { activeSince, openBefore, closedBefore, retainedSince, youngSince, youngBefore } = cutoffs;
  const { rows } = await database.query<{ jobId: number }>(
    // A Send that is not returned has no counters_at: then the reading alone says when it was requested.
    `select job.job_id as "jobId"
     from tracking.jobs as job ${joinDefinition} ${joinReading}
     where job.account_id = $1
       and (${jobActiveAt} >= $7 and coalesce(job.counters_at < $8, true)
            or ${jobIsOpen('$3')} and coalesce(greatest(job.counters_at, reading.read_at) < $4, true)
            or ${jobActiveAt} >= $6 and coalesce(greatest(job.counters_at, reading.read_at) < $5, true))
     order by job.job_id`,
    [accountId, dimension, activeSince, openBefore, closedBefore, retainedSince, youngSince, youngBefore],
  );
  return rows.map(({ jobId }) => jobId);
}

/**
 * Jobs whose rows of this dimension are due, by id: those that began and were never read, open ones that moved since
 * they were last read, and once in a while all others.
 *
 * A job moved when its rollup or one of its counters changed.
 */
export async function findJobsToRead(
  database: Queryable,
  accountId: number,
  dimension: string,
  { activeSince, openBefore, closedBefore, retainedSince }: ReadingCutoffs,
): Promise<number[]> {
  const { rows } = await database.query<{ jobId: number }>(
    `select job.job_id as "jobId"
     from tracking.jobs as job ${joinDefinition} ${joinReading}
     left join tracking.job_totals as total on total.account_id = job.account_id and total.job_id = job.job_id
     where job.account_id = $1
       and (job.sent_at is not null or job.number_sent > 0 or job.last_event_at is not null)
       and ${jobActiveAt} >= $6
       and (reading.read_at is null
            or reading.read_at < $5
            or reading.read_at < $4 and ${jobIsOpen('$3')}
               and (total.changed_at > reading.read_at
                    or exists (
                      select from tracking.job_counter_days as moved
                      where moved.account_id = job.account_id and moved.job_id = job.job_id
                        and moved.counters_at > reading.read_at)))
     order by job.job_id`,
    [accountId, dimension, activeSince, openBefore, closedBefore, retainedSince],
  );
  return rows.map(({ jobId }) => jobId);
}

/** SQL, the last reading of the dimension in parameter 2 for a job. */
const joinReading = `
     left join pipeline.dimension_readings as reading
       on reading.account_id = job.account_id and reading.dimension = $2 and reading.job_id = job.job_id`;
