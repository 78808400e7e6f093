-- What happened on a day of Marketing Cloud's own clock (UTC-06:00 all year)? For comparing with its reports. What changed
-- since a load, whatever its date, is found by loaded_at.
with asked as (select 1::bigint as account_id, date '2026-10-24' as server_day)
select event.event_type, count(*) as events
from asked
join bi.all_events as event
  on event.account_id = asked.account_id
  and event.occurred_at >= asked.server_day::timestamp at time zone 'Etc/GMT+6'
  and event.occurred_at < (asked.server_day + 1)::timestamp at time zone 'Etc/GMT+6'
group by event.event_type
order by event.event_type;
