-- Writes the hours since sending that differ. Opens and clicks are counted again for the hours that the lines of the log
-- can have changed; firsts and machines change by the difference between the messages now and before.
-- $1 account, $2 jobs that are computed in part, $3 jobs that are computed as a whole, $4 now, and where there are jobs that
-- are computed in part $5 and $6 bounds of their events.
with sending as (
  select job_id, min(first_at) as first_at, max(last_at) as last_at
  from tracking.job_days
  where account_id = $1 and job_id = any ($2::bigint[]) and event_type = 'sent'
  group by job_id
), line as (
  select job_id, bool_or(event_type = 'sent') as moves_all,
         min(first_at) filter (where event_type in ('open', 'click')) as first_at,
         max(last_at) filter (where event_type in ('open', 'click')) as last_at
  from pg_temp.dirty
  where job_id = any ($2::bigint[]) and event_type in ('sent', 'open', 'click')
  group by job_id
), band as (
  -- The hours, an hour to spare on both sides, in which the lines' opens and clicks can lie.
  select line.job_id,
         case when line.moves_all then 0
           else least(720, greatest(0, floor(date_part('epoch', line.first_at - sending.last_at) / 3600) - 1)) end as first_hour,
         case when line.moves_all then 720
           else least(720, greatest(0, floor(date_part('epoch', line.last_at - sending.first_at) / 3600) + 1)) end as last_hour,
         sending.first_at, sending.last_at
  from line
  join sending using (job_id)
), counted as (
  select job_id, floor(date_part('epoch', occurred_at - sent_at) / 3600) as since,
         count(*) filter (where event_type = 'open') as opens,
         count(*) filter (where event_type = 'click') as clicks
  from pg_temp.reaction
  where job_id = any ($3::bigint[]) and sent_at is not null
  group by job_id, since
  union all
  -- if part jobs
  select job_id, since, opens, clicks
  from (
    select event.job_id, floor(date_part('epoch', event.occurred_at - recipient.sent_at) / 3600) as since,
           count(*) filter (where event.event_type = 'open') as opens,
           count(*) filter (where event.event_type = 'click') as clicks
    from (
      select event.job_id, event.event_type, event.occurred_at, event.subscriber_key,
             coalesce(event.batch_id, 0) as batch_id
      from band
      join bi.all_events as event
        on event.job_id = band.job_id
        and event.occurred_at >= case when band.first_hour = 0 then '-infinity' else band.first_at + band.first_hour * interval '1 hour' end
        and event.occurred_at <= case when band.last_hour = 720 then 'infinity' else band.last_at + (band.last_hour + 1) * interval '1 hour' end
      where event.account_id = $1 and event.job_id = any ($2::bigint[]) and event.occurred_at between $5 and $6
        and event.event_type in ('open', 'click')
      offset 0) as event
    -- Only of the events that are left: Postgres would look up the recipients of all of the job's.
    cross join lateral (
      select known.sent_at
      from tracking.recipients as known
      where known.account_id = $1 and known.job_id = event.job_id and known.subscriber_key = event.subscriber_key
        and known.batch_id = event.batch_id and known.sent_at is not null
      offset 0) as recipient
    group by event.job_id, since
  ) as recounted
  join band using (job_id)
  where least(720, greatest(0, since)) between band.first_hour and band.last_hour
), entry as (
  select 1 as sign, job_id, sent_at, first_open_at, first_human_open_at, first_click_at, first_human_click_at
  from pg_temp.message
  where sent_at is not null
  union all
  select -1, job_id, sent_at, first_open_at, first_human_open_at, first_click_at, first_human_click_at
  from pg_temp.old_message
  where sent_at is not null and job_id = any ($2::bigint[])
), moved as (
  select job_id, since, sum(first_opens) as first_opens, sum(human_first_opens) as human_first_opens,
         sum(first_clicks) as first_clicks, sum(human_first_clicks) as human_first_clicks,
         0::bigint as machine_opens, 0::bigint as machine_clicks
  from (
    select job_id, floor(date_part('epoch', first_open_at - sent_at) / 3600) as since, sign as first_opens, 0 as human_first_opens, 0 as first_clicks, 0 as human_first_clicks
    from entry where first_open_at is not null
    union all
    select job_id, floor(date_part('epoch', first_human_open_at - sent_at) / 3600), 0, sign, 0, 0
    from entry where first_human_open_at is not null
    union all
    select job_id, floor(date_part('epoch', first_click_at - sent_at) / 3600), 0, 0, sign, 0
    from entry where first_click_at is not null
    union all
    select job_id, floor(date_part('epoch', first_human_click_at - sent_at) / 3600), 0, 0, 0, sign
    from entry where first_human_click_at is not null
  ) as first
  group by job_id, since
  union all
  select job_id, floor(date_part('epoch', occurred_at - sent_at) / 3600) as since, 0, 0, 0, 0,
         sum(sign) filter (where event_type = 'open'), sum(sign) filter (where event_type = 'click')
  from (
    select 1 as sign, job_id, event_type, occurred_at, sent_at
    from pg_temp.reaction
    where reasons <> '{}' and sent_at is not null
    union all
    select -1, event.job_id, event.event_type, event.occurred_at, old.sent_at
    from pg_temp.old_machine_event as event
    join pg_temp.old_message as old
      on old.job_id = event.job_id and old.subscriber_key = event.subscriber_key and old.batch_id = event.batch_id
    where event.job_id = any ($2::bigint[]) and old.sent_at is not null
  ) as machine
  group by job_id, since
), changed as (
  select job_id, least(720, greatest(0, since))::integer as hour,
         coalesce(sum(opens), 0)::bigint as opens, coalesce(sum(clicks), 0)::bigint as clicks,
         coalesce(sum(first_opens), 0)::bigint as first_opens,
         coalesce(sum(human_first_opens), 0)::bigint as human_first_opens,
         coalesce(sum(first_clicks), 0)::bigint as first_clicks,
         coalesce(sum(human_first_clicks), 0)::bigint as human_first_clicks,
         coalesce(sum(machine_opens), 0)::bigint as machine_opens,
         coalesce(sum(machine_clicks), 0)::bigint as machine_clicks
  from (
    select job_id, since, opens, clicks, 0 as first_opens, 0 as human_first_opens, 0 as first_clicks,
           0 as human_first_clicks, 0 as machine_opens, 0 as machine_clicks
    from counted
    union all
    select job_id, since, 0, 0, first_opens, human_first_opens, first_clicks, human_first_clicks, machine_opens,
           machine_clicks
    from moved
  ) as part
  group by job_id, hour
), summed as (
  select job_id, hour,
         case when hour between band.first_hour and band.last_hour then coalesce(changed.opens, 0)
           else coalesce(base.opens, changed.opens, 0) end as opens,
         case when hour between band.first_hour and band.last_hour then coalesce(changed.clicks, 0)
           else coalesce(base.clicks, changed.clicks, 0) end as clicks,
         coalesce(base.first_opens, 0) + coalesce(changed.first_opens, 0) as first_opens,
         coalesce(base.human_first_opens, 0) + coalesce(changed.human_first_opens, 0) as human_first_opens,
         coalesce(base.first_clicks, 0) + coalesce(changed.first_clicks, 0) as first_clicks,
         coalesce(base.human_first_clicks, 0) + coalesce(changed.human_first_clicks, 0) as human_first_clicks,
         coalesce(base.machine_opens, 0) + coalesce(changed.machine_opens, 0) as machine_opens,
         coalesce(base.machine_clicks, 0) + coalesce(changed.machine_clicks, 0) as machine_clicks
  from changed
  full join (
    select job_id, hour, opens, clicks, first_opens, human_first_opens, first_clicks, human_first_clicks, machine_opens,
           machine_clicks
    from tracking.job_hours
    where account_id = $1 and job_id = any ($2::bigint[])
  ) as base using (job_id, hour)
  left join band using (job_id)
), merged as (
  -- An hour whose lines are not taken yet can have firsts of which messages know already.
  select summed.*, opens + machine_opens + first_opens + human_first_opens + clicks + machine_clicks + first_clicks
                   + human_first_clicks = 0 as is_empty
  from summed
), gone as (
  delete from tracking.job_hours as known
  where known.account_id = $1 and known.job_id = any ($2::bigint[] || $3::bigint[])
    and not exists (
      select from merged
      where merged.job_id = known.job_id and merged.hour = known.hour and not merged.is_empty)
)
insert into tracking.job_hours as known
  (account_id, job_id, hour, opens, machine_opens, first_opens, human_first_opens, clicks, machine_clicks, first_clicks,
   human_first_clicks, changed_at)
select $1, job_id, hour, opens, machine_opens, first_opens, human_first_opens, clicks, machine_clicks, first_clicks,
       human_first_clicks, $4::timestamptz
from merged
where not is_empty
on conflict (account_id, job_id, hour) do update
set opens = excluded.opens, machine_opens = excluded.machine_opens, first_opens = excluded.first_opens,
    human_first_opens = excluded.human_first_opens, clicks = excluded.clicks,
    machine_clicks = excluded.machine_clicks, first_clicks = excluded.first_clicks,
    human_first_clicks = excluded.human_first_clicks, changed_at = excluded.changed_at
where (known.opens, known.machine_opens, known.first_opens, known.human_first_opens, known.clicks,
       known.machine_clicks, known.first_clicks, known.human_first_clicks)
  is distinct from (excluded.opens, excluded.machine_opens, excluded.first_opens, excluded.human_first_opens,
                    excluded.clicks, excluded.machine_clicks, excluded.first_clicks, excluded.human_first_clicks);
