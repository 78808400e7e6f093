-- What is loaded against Marketing Cloud’s own counters, by job and counter. Verdicts, the first that applies: too early,
-- beyond retention, exact, indistinguishable, within tolerance, source ahead, loaded ahead. Tolerances are in
-- bi.counter_tolerances; events of people who were forgotten are not missed. Source ahead is read again whole, once; loaded ahead is never changed. Read with the rights of
-- its owner; where row-level security is on it shows a reader’s accounts alone.
create or replace view bi.completeness as
with per_link as (
  select link.account_id, link.job_id, min(link.counters_at) as counters_at,
         sum(link.total_clicks) as total_source, sum(coalesce(total.clicks, 0)) as total_loaded,
         sum(greatest(link.total_clicks - coalesce(total.clicks, 0), 0)) as total_missing,
         sum(greatest(coalesce(total.clicks, 0) - link.total_clicks, 0)) as total_extra,
         sum(link.unique_clicks) as unique_source, sum(coalesce(total.clickers, 0)) as unique_loaded,
         sum(greatest(link.unique_clicks - coalesce(total.clickers, 0), 0)) as unique_missing,
         sum(greatest(coalesce(total.clickers, 0) - link.unique_clicks, 0)) as unique_extra
  from tracking.links as link
  left join tracking.link_totals as total
    on total.account_id = link.account_id and total.job_id = link.job_id and total.url_id = link.url_id
  group by link.account_id, link.job_id
), newest as (
  select account_id, job_id, event_type, max(last_at) as last_at
  from tracking.job_days
  group by account_id, job_id, event_type
), known as (
  select job.account_id, job.job_id, job.status, job.is_triggered, total.frozen_at, job.counters_at,
         coalesce(job.sent_at, job.scheduled_at, job.created_at) as sent_at,
         total.sent_events, total.delivered, total.with_hard_bounce, total.with_soft_bounce, total.with_other_bounce,
         total.openers, total.openers_or_clickers, total.clickers, total.unsub_events, total.forward_events,
         total.not_sent_events, job.number_sent, job.number_delivered, job.hard_bounces, job.soft_bounces,
         job.other_bounces, job.unique_opens, job.unique_clicks, job.unsubscribes, job.forwarded_emails,
         job.number_errored, job.number_excluded, job.existing_unsubscribes, job.existing_undeliverables, job.duplicates,
         job.invalid_addresses, job.missing_addresses
  from tracking.jobs as job
  left join tracking.job_totals as total on total.account_id = job.account_id and total.job_id = job.job_id
), compared as (
  select known.account_id, known.job_id, known.status, known.is_triggered, known.frozen_at, known.sent_at,
         pair.counter, pair.source::bigint as source, coalesce(pair.loaded, 0)::bigint as loaded,
         greatest(pair.source - coalesce(pair.loaded, 0), 0) as missing,
         greatest(coalesce(pair.loaded, 0) - pair.source, 0) as extra, pair.note, known.counters_at
  from known
  cross join lateral (values
    ('number_sent', known.number_sent, known.sent_events, null),
    ('number_delivered', known.number_delivered, known.delivered, null),
    ('hard_bounces', known.hard_bounces, known.with_hard_bounce, null),
    ('soft_bounces', known.soft_bounces, known.with_soft_bounce,
     case when known.soft_bounces + known.other_bounces = known.with_soft_bounce + known.with_other_bounce
       then 'soft and other bounces agree together: blocks are counted as the other kind' end),
    ('other_bounces', known.other_bounces, known.with_other_bounce,
     case when known.soft_bounces + known.other_bounces = known.with_soft_bounce + known.with_other_bounce
       then 'soft and other bounces agree together: blocks are counted as the other kind' end),
    ('unique_clicks', known.unique_clicks, known.clickers, null),
    ('unsubscribes', known.unsubscribes, known.unsub_events, null),
    ('forwarded_emails', known.forwarded_emails, known.forward_events, null),
    ('not_sent',
     (select sum(counter) from unnest(array[
        known.number_errored, known.number_excluded, known.existing_unsubscribes, known.existing_undeliverables,
        known.duplicates, known.invalid_addresses, known.missing_addresses]) as held (counter)),
     known.not_sent_events, null),
    ('unique_opens', known.unique_opens,
     case when abs(known.unique_opens - known.openers_or_clickers) < abs(known.unique_opens - known.openers)
       then known.openers_or_clickers else known.openers end, null)
  ) as pair (counter, source, loaded, note)
  where pair.source is not null
  union all
  select known.account_id, known.job_id, known.status, known.is_triggered, known.frozen_at, known.sent_at,
         pair.counter, pair.source::bigint, pair.loaded::bigint, pair.missing, pair.extra, null, per_link.counters_at
  from known
  join per_link on per_link.account_id = known.account_id and per_link.job_id = known.job_id
  cross join lateral (values
    ('link_total_clicks', per_link.total_source, per_link.total_loaded, per_link.total_missing, per_link.total_extra),
    ('link_unique_clicks', per_link.unique_source, per_link.unique_loaded, per_link.unique_missing, per_link.unique_extra)
  ) as pair (counter, source, loaded, missing, extra)
  where pair.source is not null
), judged as (
  select compared.*, tolerance.event_type, mark.watermark as loaded_until, mark.full_read_at, deficit.found_at,
         case
           when mark.account_id is null then 'events of this type were not read yet'
           when not compared.is_triggered and lower(compared.status) in ('new', 'scheduled', 'sending', 'paused')
             then 'the send is not complete'
           when compared.sent_at > now() - make_interval(days => tolerance.wait_days)
             then 'the send is younger than ' || tolerance.wait_days || case tolerance.wait_days when 1 then ' day' else ' days' end
           when compared.counters_at is null then 'the counters were not read yet'
           when compared.counters_at < newest.last_at + interval '1 hour'
             then 'the counters were read before the newest event, or less than an hour after it'
           when mark.state <> 'complete' and coalesce(mark.watermark, '-infinity') < compared.counters_at - interval '1 day'
             then 'the counters are more than a day newer than what is loaded'
           when exists (select from pipeline.rollup_changes as line
                        where line.account_id = compared.account_id and line.job_id = compared.job_id)
             then 'the rollups of the job are behind'
         end as too_early,
         case
           when compared.frozen_at is not null then 'events of the job were deleted here by RETENTION_MONTHS'
           when compared.sent_at < retention.kept_from then 'the job was sent before RETENTION_MONTHS begins'
           when compared.sent_at < now() - interval '730 days' then 'Marketing Cloud keeps events for 730 days, and counters for longer'
         end as beyond,
         coalesce(forgotten.events, 0) as forgotten,
         greatest(tolerance.equal_rows, tolerance.equal_share * compared.source) as equal_max,
         greatest(tolerance.tolerance_rows, tolerance.tolerance_share * compared.source) as tolerated_max
  from compared
  join bi.counter_tolerances as tolerance on tolerance.counter = compared.counter
  left join newest
    on newest.account_id = compared.account_id and newest.job_id = compared.job_id and newest.event_type = tolerance.event_type
  left join pipeline.checkpoints as mark
    on mark.account_id = compared.account_id and mark.job_id = compared.job_id and mark.event_type = tolerance.event_type
  left join pipeline.forgotten_events as forgotten
    on forgotten.account_id = compared.account_id and forgotten.job_id = compared.job_id
    and forgotten.event_type = tolerance.event_type
  left join pipeline.retention as retention on retention.event_type = tolerance.event_type
  left join pipeline.deficits as deficit
    on deficit.account_id = compared.account_id and deficit.job_id = compared.job_id and deficit.event_type = tolerance.event_type
), decided as (
  select judged.*,
         case
           when too_early is not null then 'too early'
           when beyond is not null then 'beyond retention'
           when missing = 0 and extra = 0 then 'exact'
           when extra = 0 and missing <= equal_max then 'indistinguishable'
           when note is not null or greatest(missing, extra) <= tolerated_max then 'within tolerance'
           when extra = 0 and missing <= forgotten + greatest(tolerated_max, equal_max) then 'within tolerance'
           when missing > 0 then 'source ahead'
           else 'loaded ahead'
         end as verdict
  from judged
)
select
  account_id, -- MID of the business unit
  job_id, -- JobID; joins tracking.jobs
  counter, -- Marketing Cloud’s counter; described in bi.counter_tolerances
  source, -- what Marketing Cloud counts
  loaded, -- what is loaded
  loaded - source as difference, -- below zero: Marketing Cloud counts more
  verdict, -- too early, beyond retention, exact, indistinguishable, within tolerance, source ahead or loaded ahead
  case verdict when 'too early' then too_early when 'beyond retention' then beyond when 'indistinguishable' then 'events that are equal in every field are one row: ' || missing || ' missing, ' || trunc(equal_max) || ' accepted' when 'within tolerance' then coalesce(note, case when greatest(missing, extra) > tolerated_max then missing || ' missing, ' || forgotten || ' were of people who were forgotten' end, 'differs by ' || greatest(missing, extra) || ', ' || trunc(tolerated_max) || ' accepted') when 'source ahead' then missing || ' missing, ' || trunc(greatest(tolerated_max, equal_max)) || ' accepted: ' || case when found_at is null then 'a full re-read of the job is due once this is noticed, by reconcile or after the next sync' when full_read_at >= found_at then 'a full re-read of the job, planned at ' || to_char(full_read_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC, brought no more' else 'a full re-read of the job is due with the next sync' end when 'loaded ahead' then extra || ' more than the counter, ' || trunc(tolerated_max) || ' accepted: counted late, sent twice, or people were deleted in Marketing Cloud' end as reason, -- why, with the numbers; NULL where both are equal
  counters_at, -- when the counter was read
  loaded_until, -- every event of the type before this instant is loaded
  event_type, -- the events that complete the counter
  missing::bigint as missing, -- what Marketing Cloud counts more; for links summed over those where it does
  extra::bigint as extra -- what is loaded more; for links summed over those where it is
from decided
where not row_security_active('tracking.jobs')
  or exists (select from bi.reader_accounts as allowed where allowed.login = current_user and allowed.account_id = decided.account_id);
