-- How many different people opened or clicked something in each month, machines left out? People cannot be summed over jobs
-- or days: they are counted from the events.
with asked as (select 1::bigint as account_id, timestamptz '2026-03-01Z' as from_at, timestamptz '2026-12-01Z' as before_at),
active as (
  select date_trunc('month', event.occurred_at at time zone settings.time_zone)::date as month, event.subscriber_key
  from asked
  cross join bi.settings
  join bi.all_events as event
    on event.account_id = asked.account_id and event.occurred_at >= asked.from_at and event.occurred_at < asked.before_at
  where event.event_type in ('open', 'click') and event.subscriber_key is not null and not exists (
    select from tracking.machine_events as machine
    where machine.account_id = event.account_id and machine.job_id = event.job_id and machine.event_type = event.event_type
      and machine.occurred_at = event.occurred_at and machine.event_hash = event.event_hash)
  group by 1, 2
)
select month, count(*) as people
from active
group by month
order by month;
