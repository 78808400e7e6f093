-- Computes the messages of the people that are touched, or all of a job, from their events. What machines did counts
-- here as what people did; find-machines.sql takes it off.
-- $1 account, $2 jobs, $3 those of them that are computed as a whole, $4 and $5 bounds of their events.
-- Reads <table>_job of the months between the bounds.
insert into pg_temp.message
select
  $1::bigint, job_id, coalesce(batch_id, 0), subscriber_key,
  min(sent_at), max(sent_at), min(list_id) filter (where sent_at is not null), min(subscriber_id),
  min(not_sent_at), max(not_sent_at),
  min(opened_at), max(opened_at), min(opened_at), max(opened_at),
  min(clicked_at), max(clicked_at), min(clicked_at), max(clicked_at),
  min(bounced_at), max(bounced_at),
  min(unsubscribed_at), max(unsubscribed_at), max(unsubscribed_at) filter (where is_master_unsubscribed),
  min(forwarded_at), max(forwarded_at), min(opted_in_at), max(opted_in_at), min(answered_at), max(answered_at),
  null, null, null, null,
  count(opened_at), count(opened_at), count(clicked_at), count(clicked_at),
  count(hard_at), count(soft_at), count(bounced_at) - count(hard_at) - count(soft_at),
  count(unsubscribed_at), count(forwarded_at), count(opted_in_at), count(answered_at),
  count(opened_at) > 0, count(clicked_at) > 0, count(bounced_at) > 0, count(unsubscribed_at) > 0,
  null, null
from (
  select
    job_id, batch_id, subscriber_key, list_id, subscriber_id, is_master_unsubscribed,
    case when event_type = 'sent' then occurred_at end as sent_at,
    case when event_type = 'not_sent' then occurred_at end as not_sent_at,
    case when event_type = 'open' then occurred_at end as opened_at,
    case when event_type = 'click' then occurred_at end as clicked_at,
    case when event_type = 'bounce' then occurred_at end as bounced_at,
    case when bounce_kind = 'HardBounce' then occurred_at end as hard_at,
    case when bounce_kind = 'SoftBounce' then occurred_at end as soft_at,
    case when event_type = 'unsub' then occurred_at end as unsubscribed_at,
    case when event_type = 'forward' then occurred_at end as forwarded_at,
    case when event_type = 'forward_opt_in' then occurred_at end as opted_in_at,
    case when event_type = 'survey' then occurred_at end as answered_at
  from bi.all_events as event
  where account_id = $1 and job_id = any ($2::bigint[]) and occurred_at between $4 and $5
    and subscriber_key is not null
    and (job_id = any ($3::bigint[])
         or (job_id, subscriber_key) in (select person.job_id, person.subscriber_key from pg_temp.touched as person))
) as event
group by job_id, coalesce(batch_id, 0), subscriber_key;
