-- Takes the log's lines of the jobs that have waited longest, up to about $2 messages, and notes what they touch.
-- $1 account, $2 messages at most (one job is taken whatever its size), $3 only these jobs, or null, $4 number of lanes,
-- $5 only the jobs of this lane, or null.
-- Returns the jobs, the types of their lines, and the types that their rollups count events of. A job that is new, or that
-- has a line for all its events, is computed as a whole. The bounds hold every event of these jobs that is known: the
-- earliest and latest of what was computed before and of the lines. Those of the lines alone are of the jobs that are
-- computed in part.
with waiting as (
  select line.job_id, min(line.change_id) as since,
         -- A job of unknown size is taken for a middling one. Of a job that is computed in part, few people are touched.
         coalesce(max(total.sent), max(job.number_sent), 25000) / case
           when bool_or(line.event_type = 'all' or total.job_id is null)
             or exists (select from bi.engagement_rules where rule = 'domain_burst' and enabled) then 1
           else 8 end as messages
  from pipeline.rollup_changes as line
  left join tracking.job_totals as total on total.account_id = $1 and total.job_id = line.job_id
  left join tracking.jobs as job on job.account_id = $1 and job.job_id = line.job_id
  where line.account_id = $1 and line.job_id is not null
    and ($3::bigint[] is null or line.job_id = any ($3::bigint[]))
    and ($5::integer is null or abs(line.job_id) % $4::integer = $5)
  group by line.job_id
), queued as (
  select job_id, since, sum(messages) over (order by since) - messages as before from waiting
), taken as (
  delete from pipeline.rollup_changes as line
  using queued
  where line.account_id = $1 and line.job_id = queued.job_id and (queued.before = 0 or queued.before < $2)
  returning line.job_id, line.event_type, line.first_at, line.last_at
), frozen as (
  -- Lines for all events of a job name no event that was loaded.
  insert into pg_temp.frozen_line (job_id, event_type, first_at, last_at)
  select taken.job_id, taken.event_type, min(taken.first_at), max(taken.last_at)
  from taken
  join tracking.job_totals as total on total.account_id = $1 and total.job_id = taken.job_id
  where total.frozen_at is not null and taken.event_type <> 'all'
  group by taken.job_id, taken.event_type
), noted as (
  insert into pg_temp.dirty (job_id, event_type, first_at, last_at)
  select job_id, event_type, min(first_at), max(last_at)
  from taken
  where not exists (
    select from tracking.job_totals as total
    where total.account_id = $1 and total.job_id = taken.job_id and total.frozen_at is not null)
  group by job_id, event_type
  returning job_id, event_type, first_at, last_at
), job as (
  select noted.job_id,
         bool_or(noted.event_type = 'all') or total.job_id is null
           -- This rule looks at all recipients of a domain.
           or exists (select from bi.engagement_rules where rule = 'domain_burst' and enabled) as is_whole,
         least(min(noted.first_at), total.first_event_at) as first_at,
         greatest(max(noted.last_at), total.last_event_at) as last_at,
         min(noted.first_at) as line_first_at, max(noted.last_at) as line_last_at,
         array_agg(noted.event_type) as event_types,
         array_remove(array[
           case when max(total.sent_events) > 0 then 'sent' end,
           case when max(total.not_sent_events) > 0 then 'not_sent' end,
           case when max(total.open_events) > 0 then 'open' end,
           case when max(total.click_events) > 0 then 'click' end,
           case when max(total.bounce_events) > 0 then 'bounce' end,
           case when max(total.unsub_events) > 0 then 'unsub' end,
           case when max(total.forward_events) > 0 then 'forward' end,
           case when max(total.forward_opt_in_events) > 0 then 'forward_opt_in' end,
           case when max(total.survey_events) > 0 then 'survey' end], null) as known_types
  from noted
  left join tracking.job_totals as total on total.account_id = $1 and total.job_id = noted.job_id
  group by noted.job_id, total.job_id, total.first_event_at, total.last_event_at
)
select job_id as "jobId", is_whole as "isWhole", event_types as "eventTypes", known_types as "knownTypes",
       min(first_at) over ()::text as "firstAt", max(last_at) over ()::text as "lastAt",
       min(line_first_at) filter (where not is_whole) over ()::text as "lineFirstAt",
       max(line_last_at) filter (where not is_whole) over ()::text as "lineLastAt"
from job;
