import { job } from '../../dimensions/job.ts';
import type { Queryable } from '../connection/pool.ts';

/** Records that a person puts aside stay where they are, and count no more. Returns the number changed. */
export async function dismissRejected(
  database: Queryable,
  ids: readonly number[] | 'all',
  { by, reason }: { readonly by: string; readonly reason: string },
): Promise<number> {
  const { rowCount } = await database.query(
    `update pipeline.rejected_records
     set dismissed_at = now(), dismissed_by = $2, dismissed_reason = $3
     where dismissed_at is null and ($1::bigint[] is null or id = any($1))`,
    [ids === 'all' ? null : ids, by, reason],
  );
  return rowCount ?? 0;
}

/**
 * Deletes rejected records that Marketing Cloud no longer returns as they were: a full re-read of their job and
 * event type that began later did not meet them, or the job itself was read since. Returns their number.
 */
export async function deleteOutdatedRejected(database: Queryable): Promise<number> {
  const { rowCount } = await database.query(
    `delete from pipeline.rejected_records as record
     where dismissed_at is null and (
       exists (
         select from pipeline.checkpoints as mark
         where mark.account_id = record.account_id and mark.job_id = record.job_id
           and mark.event_type = record.event_type and mark.full_read_at > record.last_seen_at)
       or record.event_type = $1 and exists (
         select from tracking.jobs as job
         where job.account_id = record.account_id and not job.is_stub and job.counters_at > record.last_seen_at
           and job.job_id::text = substring(record.record from '<ID>([0-9]+)</ID>')))`,
    [job.name],
  );
  return rowCount ?? 0;
}
