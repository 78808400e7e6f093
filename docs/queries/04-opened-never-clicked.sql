-- Who opened something within N days and clicked nothing? With not exists: not in would return nothing once a key is NULL.
with asked as (select 1::bigint as account_id, timestamptz '2026-11-01Z' as as_of, 90 as days)
select distinct opened.subscriber_key
from asked
join tracking.open_events as opened
  on opened.account_id = asked.account_id
  and opened.occurred_at >= asked.as_of - make_interval(days => asked.days) and opened.occurred_at < asked.as_of
where opened.subscriber_key is not null and not exists (
  select from tracking.click_events as clicked
  where clicked.account_id = opened.account_id and clicked.subscriber_key = opened.subscriber_key
    and clicked.occurred_at >= asked.as_of - make_interval(days => asked.days) and clicked.occurred_at < asked.as_of)
order by opened.subscriber_key;
