-- One text for all that the rollups hold of a job, whenever it was written.
-- $1 account, $2 job.
select md5(string_agg(part, ' ' order by part)) as fingerprint
from (
  select recipient::text as part
  from tracking.recipients as recipient
  where account_id = $1 and job_id = $2
  union all
  select event::text
  from tracking.machine_events as event
  where account_id = $1 and job_id = $2
  union all
  select (to_jsonb(total) - 'changed_at')::text
  from tracking.job_totals as total
  where account_id = $1 and job_id = $2
  union all
  select (to_jsonb(cell) - 'changed_at')::text
  from tracking.job_days as cell
  where account_id = $1 and job_id = $2
  union all
  select (to_jsonb(cell) - 'changed_at')::text
  from tracking.job_hours as cell
  where account_id = $1 and job_id = $2
  union all
  select (to_jsonb(link) - 'changed_at')::text
  from tracking.link_totals as link
  where account_id = $1 and job_id = $2
  union all
  select (to_jsonb(total) - 'changed_at')::text
  from tracking.rule_totals as total
  where account_id = $1 and job_id = $2
) as rollup;
