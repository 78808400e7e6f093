import { eventTypeNames } from '../../../events/catalog.ts';
import { jobActiveAt } from '../../planning/open-jobs.ts';
import type { Queryable } from '../../connection/pool.ts';

/** Where one event type of one account stands. */
export interface EventTypeStatus {
  readonly accountId: number;
  readonly eventType: string;
  /** Every event before this instant is in, but for the holes; null where that cannot be said. */
  readonly completeTo: Date | null;
  /** Parked spans of sync. */
  readonly holes: number;
  /**
   * Every event before this instant is in, of the open jobs that were active within 7 days, or of all open ones where none
   * was: older ones are read once a night only. The first hole ends it; null where no job is open.
   */
  readonly watermark: Date | null;
  readonly lagSeconds: number | null;
  readonly checkpoints: { readonly open: number; readonly complete: number; readonly closed: number };
  readonly openTasks: number;
  readonly parkedTasks: number;
  readonly rejectedRecords: number;
}

type EventTypeRow = Omit<EventTypeStatus, 'checkpoints' | 'lagSeconds'> & EventTypeStatus['checkpoints'];

/**
 * Where each event type of each account stands.
 *
 * A job that was never read is complete up to its creation: before that it has no events. A window in
 * progress ends what is complete, a parked one does not: it is a hole. Nothing is complete beyond the
 * discovery of jobs, since a job that is not known is not asked, nor beyond the tail where it is read by date: that has
 * closed jobs, and those that discovery does not show. Retired accounts are left out.
 */
export async function readEventTypes(database: Queryable, now: Date): Promise<EventTypeStatus[]> {
  const { rows } = await database.query<EventTypeRow>(eventTypesQuery, [eventTypeNames, now]);
  return rows.map(({ open, complete, closed, ...row }) => ({
    ...row,
    lagSeconds:
      row.watermark === null
        ? null
        : Math.max(0, Math.round((now.getTime() - row.watermark.getTime()) / 1000)),
    checkpoints: { open, complete, closed },
  }));
}

// Checkpoints are counted in the index checkpoints_state, and only the open ones are read. Open and parked
// tasks come from extract_tasks_unsettled and extract_tasks_parked, rejected records from
// rejected_records_once.
const eventTypesQuery = `with counted as (
   select account_id, event_type,
      count(*) filter (where state = 'open') as open,
      count(*) filter (where state = 'complete') as complete,
      count(*) filter (where state = 'closed') as closed
   from pipeline.checkpoints group by account_id, event_type),
 in_progress as (
   select account_id, job_id, event_type, min(window_from) as starts_at from pipeline.extract_tasks
   where settled_at is null and state <> 'split' and origin = 'sync' group by account_id, job_id, event_type),
 open_jobs as (
   select mark.account_id, mark.event_type, mark.watermark, mark.covered_from,
      greatest(mark.watermark, least(mark.covered_to, in_progress.starts_at)) as complete_to,
      least(job.created_at, job.scheduled_at) as begins_at,
      coalesce(${jobActiveAt} >= $2::timestamptz - interval '7 days', false) as is_young
   from pipeline.checkpoints as mark
   left join in_progress using (account_id, job_id, event_type)
   left join tracking.jobs as job on job.account_id = mark.account_id and job.job_id = mark.job_id
   where mark.state = 'open'),
 behind as (
   select account_id, event_type,
      coalesce(min(coalesce(watermark, covered_from, begins_at)) filter (where is_young),
               min(coalesce(watermark, covered_from, begins_at))) as watermark,
      min(coalesce(complete_to, covered_from, begins_at)) as complete_to
   from open_jobs group by account_id, event_type),
 progress as (
   select account_id, event_type, watermark, open, complete, closed,
      case when account.jobs_discovered_until is not null
           then least(complete_to, account.jobs_discovered_until, tail.covered_to) end as complete_to
   from counted
   left join behind using (account_id, event_type)
   left join pipeline.tails as tail using (account_id, event_type)
   left join pipeline.accounts as account using (account_id)),
 waiting as (
   select account_id, event_type, count(*) as tasks from pipeline.extract_tasks
   where settled_at is null and state in ('planned', 'running', 'interrupted') group by account_id, event_type),
 parked as (
   select account_id, event_type, count(*) as tasks, count(*) filter (where origin = 'sync') as holes
   from pipeline.extract_tasks where state = 'parked' group by account_id, event_type),
 rejected as (
   select account_id, event_type, count(*) as records from pipeline.rejected_records
   where dismissed_at is null group by account_id, event_type)
 select account_id as "accountId", event_type as "eventType", complete_to as "completeTo",
    coalesce(parked.holes, 0)::int as holes, watermark,
    coalesce(open, 0)::int as open, coalesce(complete, 0)::int as complete, coalesce(closed, 0)::int as closed,
    coalesce(waiting.tasks, 0) as "openTasks", coalesce(parked.tasks, 0) as "parkedTasks",
    coalesce(rejected.records, 0) as "rejectedRecords"
 from progress
 full join waiting using (account_id, event_type)
 full join parked using (account_id, event_type)
 full join rejected using (account_id, event_type)
 where account_id not in (select retired.account_id from pipeline.accounts as retired where state = 'retired')
 order by account_id, array_position($1::text[], event_type) nulls last, event_type`;
