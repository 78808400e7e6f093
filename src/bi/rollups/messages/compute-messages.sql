-- Computes all messages of jobs from their events. What machines did counts here as what people did;
-- take-off-machines.sql takes it off.
-- $1 account, $2 jobs that are computed as a whole, $3 and $4 bounds of their events.
-- Reads <table>_identity of the months between the bounds. Each type has columns of its own, so that none is compared by name.
insert into pg_temp.message
select
  $1::bigint, job_id, batch_id, subscriber_key,
  min(sent_at), max(sent_at), min(list_id), min(subscriber_id), min(not_sent_at), max(not_sent_at),
  min(opened_at), max(opened_at), min(opened_at), max(opened_at),
  min(clicked_at), max(clicked_at), min(clicked_at), max(clicked_at),
  min(bounced_at), max(bounced_at), min(unsubscribed_at), max(unsubscribed_at), max(unsubscribed_from_all_at),
  min(forwarded_at), max(forwarded_at), min(opted_in_at), max(opted_in_at), min(answered_at), max(answered_at),
  null, null, null, null,
  count(opened_at), count(opened_at), count(clicked_at), count(clicked_at),
  count(hard_at), count(soft_at), count(bounced_at) - count(hard_at) - count(soft_at),
  count(unsubscribed_at), count(forwarded_at), count(opted_in_at), count(answered_at),
  count(opened_at) > 0, count(clicked_at) > 0, count(bounced_at) > 0, count(unsubscribed_at) > 0,
  null, null
from (
  select account_id, occurred_at, job_id, coalesce(batch_id, 0) as batch_id, subscriber_key, list_id, subscriber_id,
         occurred_at as sent_at, null::timestamptz as not_sent_at, null::timestamptz as opened_at,
         null::timestamptz as clicked_at, null::timestamptz as bounced_at, null::timestamptz as hard_at,
         null::timestamptz as soft_at, null::timestamptz as unsubscribed_at,
         null::timestamptz as unsubscribed_from_all_at, null::timestamptz as forwarded_at,
         null::timestamptz as opted_in_at, null::timestamptz as answered_at
  from tracking.sent_events
  union all
  -- if not_sent
  select account_id, occurred_at, job_id, coalesce(batch_id, 0), subscriber_key, null, subscriber_id,
         null, occurred_at, null, null, null, null, null, null, null, null, null, null
  from tracking.not_sent_events
  union all
  -- if open
  select account_id, occurred_at, job_id, coalesce(batch_id, 0), subscriber_key, null, null,
         null, null, occurred_at, null, null, null, null, null, null, null, null, null
  from tracking.open_events
  union all
  -- if click
  select account_id, occurred_at, job_id, coalesce(batch_id, 0), subscriber_key, null, null,
         null, null, null, occurred_at, null, null, null, null, null, null, null, null
  from tracking.click_events
  union all
  -- if bounce
  select account_id, occurred_at, job_id, coalesce(batch_id, 0), subscriber_key, null, null,
         null, null, null, null, occurred_at, case bounce_kind when 'HardBounce' then occurred_at end,
         case bounce_kind when 'SoftBounce' then occurred_at end, null, null, null, null, null
  from tracking.bounce_events
  union all
  -- if unsub
  select account_id, occurred_at, job_id, coalesce(batch_id, 0), subscriber_key, null, null,
         null, null, null, null, null, null, null, occurred_at, case when is_master_unsubscribed then occurred_at end,
         null, null, null
  from tracking.unsub_events
  union all
  -- if forward
  select account_id, occurred_at, job_id, coalesce(batch_id, 0), subscriber_key, null, null,
         null, null, null, null, null, null, null, null, null, occurred_at, null, null
  from tracking.forward_events
  union all
  -- if forward_opt_in
  select account_id, occurred_at, job_id, coalesce(batch_id, 0), subscriber_key, null, null,
         null, null, null, null, null, null, null, null, null, null, occurred_at, null
  from tracking.forward_opt_in_events
  union all
  -- if survey
  select account_id, occurred_at, job_id, coalesce(batch_id, 0), subscriber_key, null, null,
         null, null, null, null, null, null, null, null, null, null, null, occurred_at
  from tracking.survey_events
) as event
where account_id = $1 and job_id = any ($2::bigint[]) and occurred_at between $3 and $4
  and subscriber_key is not null
group by job_id, batch_id, subscriber_key;
