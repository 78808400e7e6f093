-- Who left, from which list, by which job, on which day, and after how many messages? The list of an unsubscribe from
-- everything means nothing.
with asked as (select 1::bigint as account_id, timestamptz '2026-03-01Z' as from_at, timestamptz '2026-12-01Z' as before_at)
select (event.occurred_at at time zone settings.time_zone)::date as day, event.job_id,
       case when event.is_master_unsubscribed then 'everything' else event.list_id::text end as left_from, event.subscriber_key,
       (select count(*) from tracking.recipients as earlier
        where earlier.account_id = event.account_id and earlier.subscriber_key = event.subscriber_key
          and earlier.sent_at <= event.occurred_at) as messages_before
from asked
cross join bi.settings
join tracking.unsub_events as event
  on event.account_id = asked.account_id and event.occurred_at >= asked.from_at and event.occurred_at < asked.before_at
order by event.occurred_at, event.subscriber_key;
