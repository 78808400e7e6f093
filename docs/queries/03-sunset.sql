-- Whom did we write to within N days, without an open or a click of theirs in that time? Says nothing where events are kept
-- for less than N days (RETENTION_MONTHS).
with asked as (select 1::bigint as account_id, timestamptz '2026-11-01Z' as as_of, 180 as days)
select person.subscriber_key, person.last_sent_at,
       greatest(person.last_human_open_at, person.last_human_click_at) as last_engaged_at
from asked
join tracking.subscribers as person using (account_id)
where person.last_sent_at >= asked.as_of - make_interval(days => asked.days)
  and coalesce(greatest(person.last_human_open_at, person.last_human_click_at), '-infinity')
    < asked.as_of - make_interval(days => asked.days)
  and person.unsubscribed_from_all_at is null
order by person.subscriber_key;
