-- At which weekday and hour, by the clock of the reporting time zone, do people open? On the night when clocks go back the
-- hour that comes twice has both.
with asked as (select 1::bigint as account_id, timestamptz '2026-10-24Z' as from_at, timestamptz '2026-10-28Z' as before_at)
select extract(isodow from event.occurred_at at time zone settings.time_zone)::integer as weekday,
       extract(hour from event.occurred_at at time zone settings.time_zone)::integer as hour, count(*) as opens
from asked
cross join bi.settings
join tracking.open_events as event
  on event.account_id = asked.account_id and event.occurred_at >= asked.from_at and event.occurred_at < asked.before_at
group by weekday, hour
order by weekday, hour;
