-- How far events are complete, by account and event type: before complete_to all of them are loaded, but for the holes.
-- Read with the rights of its owner; where row-level security is on it shows a reader’s accounts alone.
create or replace view bi.freshness as
with in_progress as (
  select account_id, job_id, event_type, min(window_from) as starts_at
  from pipeline.extract_tasks
  where settled_at is null and state <> 'split' and origin = 'sync' and kind = 'events'
  group by account_id, job_id, event_type
), behind as (
  select mark.account_id, mark.event_type,
         min(coalesce(greatest(mark.watermark, least(mark.covered_to, in_progress.starts_at)), mark.covered_from,
                      (select least(job.created_at, job.scheduled_at) from tracking.jobs as job
                       where job.account_id = mark.account_id and job.job_id = mark.job_id))) as complete_to
  from pipeline.checkpoints as mark
  left join in_progress
    on in_progress.account_id = mark.account_id and in_progress.job_id = mark.job_id
    and in_progress.event_type = mark.event_type
  where mark.state = 'open'
  group by mark.account_id, mark.event_type
), read as (
  select account_id, event_type, max(asked_at) as asked_at
  from pipeline.checkpoints
  group by account_id, event_type
), parked as (
  select account_id, event_type, count(*) as holes
  from pipeline.extract_tasks
  where state = 'parked' and origin = 'sync' and kind in ('events', 'tail')
  group by account_id, event_type
)
select
  read.account_id, -- MID of the business unit
  read.event_type, -- sent, open, click, bounce, unsub, not_sent, forward, forward_opt_in or survey
  case when account.jobs_discovered_until is not null then least(behind.complete_to, account.jobs_discovered_until, tail.covered_to) end as complete_to, -- every event before this instant is loaded, but for the holes; NULL where that cannot be said yet
  coalesce(parked.holes, 0)::integer as holes, -- spans that could not be read and wait for a person
  read.asked_at as checked_at -- when events of this type were last read
from read
left join behind on behind.account_id = read.account_id and behind.event_type = read.event_type
left join parked on parked.account_id = read.account_id and parked.event_type = read.event_type
left join pipeline.tails as tail on tail.account_id = read.account_id and tail.event_type = read.event_type
left join pipeline.accounts as account on account.account_id = read.account_id
where read.event_type in ('sent', 'open', 'click', 'bounce', 'unsub', 'not_sent', 'forward', 'forward_opt_in', 'survey')
  and (not row_security_active('tracking.jobs')
       or exists (select from bi.reader_accounts as allowed where allowed.login = current_user and allowed.account_id = read.account_id));
