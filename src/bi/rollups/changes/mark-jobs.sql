-- Enters a line for all events of a job, so that it is computed as a whole.
-- $1 account, $2 jobs; null: each job with events or totals.
insert into pipeline.rollup_changes (account_id, event_type, job_id, first_at, last_at)
select $1, 'all', job.job_id, '-infinity', 'infinity'
from (
  select distinct event.job_id from bi.all_events as event where event.account_id = $1 and $2::bigint[] is null
  union
  select total.job_id from tracking.job_totals as total where total.account_id = $1 and $2::bigint[] is null
  union
  select unnest($2::bigint[])
) as job (job_id)
order by job.job_id;
