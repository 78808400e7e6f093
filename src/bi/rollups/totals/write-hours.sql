-- Writes the hours since sending that differ. Opens and clicks are counted again for the whole job; firsts and machines
-- change by the difference between the messages now and before.
-- $1 account, $2 jobs that are computed in part, $3 jobs that are computed as a whole, $4 and $5 bounds of their events,
-- $6 now.
with counted as (
  select event.job_id, date_bin('1 hour', event.occurred_at, message.sent_at) - message.sent_at as since,
         count(*) filter (where event.event_type = 'open') as opens,
         count(*) filter (where event.event_type = 'click') as clicks
  from bi.all_events as event
  join pg_temp.message as message
    on message.job_id = event.job_id and message.subscriber_key = event.subscriber_key
    and (event.batch_id = message.batch_id or (event.batch_id is null and message.batch_id = 0))
  where event.account_id = $1 and event.job_id = any ($3::bigint[]) and event.occurred_at between $4 and $5
    and event.event_type in ('open', 'click') and message.sent_at is not null
  group by event.job_id, since
  union all
  select event.job_id, date_bin('1 hour', event.occurred_at, recipient.sent_at) - recipient.sent_at as since,
         count(*) filter (where event.event_type = 'open'),
         count(*) filter (where event.event_type = 'click')
  from bi.all_events as event
  join tracking.recipients as recipient
    on recipient.account_id = event.account_id and recipient.job_id = event.job_id
    and recipient.subscriber_key = event.subscriber_key and (event.batch_id = recipient.batch_id or (event.batch_id is null and recipient.batch_id = 0))
  where event.account_id = $1 and event.job_id = any ($2::bigint[])
    and event.occurred_at between $4 and $5
    and event.event_type in ('open', 'click') and recipient.sent_at is not null
  group by event.job_id, since
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
    select job_id, date_bin('1 hour', first_open_at, sent_at) - sent_at as since, sign as first_opens, 0 as human_first_opens, 0 as first_clicks, 0 as human_first_clicks
    from entry where first_open_at is not null
    union all
    select job_id, date_bin('1 hour', first_human_open_at, sent_at) - sent_at, 0, sign, 0, 0
    from entry where first_human_open_at is not null
    union all
    select job_id, date_bin('1 hour', first_click_at, sent_at) - sent_at, 0, 0, sign, 0
    from entry where first_click_at is not null
    union all
    select job_id, date_bin('1 hour', first_human_click_at, sent_at) - sent_at, 0, 0, 0, sign
    from entry where first_human_click_at is not null
  ) as first
  group by job_id, since
  union all
  select job_id, date_bin('1 hour', occurred_at, sent_at) - sent_at as since, 0, 0, 0, 0,
         sum(sign) filter (where event_type = 'open'), sum(sign) filter (where event_type = 'click')
  from (
    select 1 as sign, job_id, event_type, occurred_at, sent_at
    from pg_temp.signal
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
  select job_id, least(720, greatest(0, extract(epoch from since) / 3600))::integer as hour,
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
), merged as (
  select job_id, hour, coalesce(changed.opens, 0) as opens, coalesce(changed.clicks, 0) as clicks,
         coalesce(base.first_opens, 0) + coalesce(changed.first_opens, 0) as first_opens,
         coalesce(base.human_first_opens, 0) + coalesce(changed.human_first_opens, 0) as human_first_opens,
         coalesce(base.first_clicks, 0) + coalesce(changed.first_clicks, 0) as first_clicks,
         coalesce(base.human_first_clicks, 0) + coalesce(changed.human_first_clicks, 0) as human_first_clicks,
         coalesce(base.machine_opens, 0) + coalesce(changed.machine_opens, 0) as machine_opens,
         coalesce(base.machine_clicks, 0) + coalesce(changed.machine_clicks, 0) as machine_clicks
  from changed
  full join (
    select job_id, hour, first_opens, human_first_opens, first_clicks, human_first_clicks, machine_opens, machine_clicks
    from tracking.job_hours
    where account_id = $1 and job_id = any ($2::bigint[])
  ) as base using (job_id, hour)
), gone as (
  delete from tracking.job_hours as known
  where known.account_id = $1 and known.job_id = any ($2::bigint[] || $3::bigint[])
    and not exists (
      select from merged
      where merged.job_id = known.job_id and merged.hour = known.hour and merged.opens + merged.clicks > 0)
)
insert into tracking.job_hours as known
  (account_id, job_id, hour, opens, machine_opens, first_opens, human_first_opens, clicks, machine_clicks, first_clicks,
   human_first_clicks, changed_at)
select $1, job_id, hour, opens, machine_opens, first_opens, human_first_opens, clicks, machine_clicks, first_clicks,
       human_first_clicks, $6::timestamptz
from merged
where opens + clicks > 0
on conflict (account_id, job_id, hour) do update
set opens = excluded.opens, machine_opens = excluded.machine_opens, first_opens = excluded.first_opens,
    human_first_opens = excluded.human_first_opens, clicks = excluded.clicks,
    machine_clicks = excluded.machine_clicks, first_clicks = excluded.first_clicks,
    human_first_clicks = excluded.human_first_clicks, changed_at = excluded.changed_at
where (known.opens, known.machine_opens, known.first_opens, known.human_first_opens, known.clicks,
       known.machine_clicks, known.first_clicks, known.human_first_clicks)
  is distinct from (excluded.opens, excluded.machine_opens, excluded.first_opens, excluded.human_first_opens,
                    excluded.clicks, excluded.machine_clicks, excluded.first_clicks, excluded.human_first_clicks);
