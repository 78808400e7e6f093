-- When did a receiver block us? Blocks by hour, domain and code; codes are text.
with asked as (select 1::bigint as account_id, timestamptz '2026-03-28Z' as from_at, timestamptz '2026-03-30Z' as before_at)
select date_trunc('hour', event.occurred_at, settings.time_zone) as hour, split_part(event.subscriber_key, '@', 2) as domain,
       event.smtp_code, count(*) as bounces, count(distinct event.subscriber_key) as people
from asked
cross join bi.settings
join tracking.bounce_events as event
  on event.account_id = asked.account_id and event.occurred_at >= asked.from_at and event.occurred_at < asked.before_at
where event.bounce_category ilike 'block%' or event.smtp_code in ('541', '554')
group by 1, 2, 3
order by 1, 2, 3;
