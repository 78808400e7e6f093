-- Computes the messages of the people that are touched, of jobs that are computed in part. Kinds of events without a line
-- are as the rollups have them; the others are counted again from all events of the person. What machines did counts
-- here as what people did; take-off-machines.sql takes it off.
-- $1 account, $2 jobs, and those of them whose kinds of events are counted again: $3 sent and not-sent events, $4 opens, $5
-- clicks, $6 bounces, $7 unsubscribes, $8 all others; $9 and $10 bounds of their events.
-- Opens and clicks are those of pg_temp.touched_event; the others are read by <table>_identity.
insert into pg_temp.message
with redone as materialized (
  select job_id, job_id = any ($3::bigint[]) as sends, job_id = any ($4::bigint[]) as opens,
         job_id = any ($5::bigint[]) as clicks, job_id = any ($6::bigint[]) as bounces,
         job_id = any ($7::bigint[]) as unsubscribes, job_id = any ($8::bigint[]) as others
  from unnest($2::bigint[]) as job (job_id)
), stored as (
  select job_id, coalesce(batch_id, 0) as batch_id, subscriber_key, list_id, subscriber_id, occurred_at as sent_at,
         null::timestamptz as not_sent_at, null::timestamptz as bounced_at, null::timestamptz as hard_at,
         null::timestamptz as soft_at, null::timestamptz as unsubscribed_at,
         null::timestamptz as unsubscribed_from_all_at, null::timestamptz as forwarded_at,
         null::timestamptz as opted_in_at, null::timestamptz as answered_at
  from tracking.sent_events
  where cardinality($3::bigint[]) > 0 and account_id = $1 and job_id = any ($3::bigint[])
    and occurred_at between $9 and $10
  union all
  -- if not_sent
  select job_id, coalesce(batch_id, 0), subscriber_key, null, subscriber_id, null, occurred_at, null, null, null,
         null, null, null, null, null
  from tracking.not_sent_events
  where cardinality($3::bigint[]) > 0 and account_id = $1 and job_id = any ($3::bigint[])
    and occurred_at between $9 and $10
  union all
  -- if bounce
  select job_id, coalesce(batch_id, 0), subscriber_key, null, null, null, null, occurred_at,
         case bounce_kind when 'HardBounce' then occurred_at end,
         case bounce_kind when 'SoftBounce' then occurred_at end, null, null, null, null, null
  from tracking.bounce_events
  where cardinality($6::bigint[]) > 0 and account_id = $1 and job_id = any ($6::bigint[])
    and occurred_at between $9 and $10
  union all
  -- if unsub
  select job_id, coalesce(batch_id, 0), subscriber_key, null, null, null, null, null, null, null, occurred_at,
         case when is_master_unsubscribed then occurred_at end, null, null, null
  from tracking.unsub_events
  where cardinality($7::bigint[]) > 0 and account_id = $1 and job_id = any ($7::bigint[])
    and occurred_at between $9 and $10
  union all
  -- if forward
  select job_id, coalesce(batch_id, 0), subscriber_key, null, null, null, null, null, null, null, null, null,
         occurred_at, null, null
  from tracking.forward_events
  where cardinality($8::bigint[]) > 0 and account_id = $1 and job_id = any ($8::bigint[])
    and occurred_at between $9 and $10
  union all
  -- if forward_opt_in
  select job_id, coalesce(batch_id, 0), subscriber_key, null, null, null, null, null, null, null, null, null, null,
         occurred_at, null
  from tracking.forward_opt_in_events
  where cardinality($8::bigint[]) > 0 and account_id = $1 and job_id = any ($8::bigint[])
    and occurred_at between $9 and $10
  union all
  -- if survey
  select job_id, coalesce(batch_id, 0), subscriber_key, null, null, null, null, null, null, null, null, null, null,
         null, occurred_at
  from tracking.survey_events
  where cardinality($8::bigint[]) > 0 and account_id = $1 and job_id = any ($8::bigint[])
    and occurred_at between $9 and $10
), event as (
  select job_id, batch_id, subscriber_key, null::timestamptz as opened_at, null::timestamptz as clicked_at, list_id,
         subscriber_id, sent_at, not_sent_at, bounced_at, hard_at, soft_at, unsubscribed_at, unsubscribed_from_all_at,
         forwarded_at, opted_in_at, answered_at
  from stored
  where (job_id, subscriber_key) in (select person.job_id, person.subscriber_key from pg_temp.touched as person)
  union all
  select job_id, batch_id, subscriber_key, case event_type when 'open' then occurred_at end,
         case event_type when 'click' then occurred_at end, null, null, null, null, null, null, null, null, null, null,
         null, null
  from pg_temp.touched_event
), computed as (
  select
    job_id, batch_id, subscriber_key,
    min(sent_at) as sent_at, max(sent_at) as last_sent_at, min(list_id) as list_id, min(subscriber_id) as subscriber_id,
    min(not_sent_at) as not_sent_at, max(not_sent_at) as last_not_sent_at,
    min(opened_at) as first_open_at, max(opened_at) as last_open_at,
    min(clicked_at) as first_click_at, max(clicked_at) as last_click_at,
    min(bounced_at) as bounced_at, max(bounced_at) as last_bounced_at,
    min(unsubscribed_at) as unsubscribed_at, max(unsubscribed_at) as last_unsubscribed_at,
    max(unsubscribed_from_all_at) as unsubscribed_from_all_at,
    min(forwarded_at) as first_forward_at, max(forwarded_at) as last_forward_at,
    min(opted_in_at) as first_forward_opt_in_at, max(opted_in_at) as last_forward_opt_in_at,
    min(answered_at) as first_survey_at, max(answered_at) as last_survey_at,
    count(opened_at) as opens, count(clicked_at) as clicks, count(hard_at) as hard_bounces, count(soft_at) as soft_bounces,
    count(bounced_at) - count(hard_at) - count(soft_at) as other_bounces, count(unsubscribed_at) as unsubscribes,
    count(forwarded_at) as forwards, count(opted_in_at) as forward_opt_ins, count(answered_at) as survey_answers
  from event
  group by job_id, batch_id, subscriber_key
)
select
  $1::bigint, job_id, batch_id, subscriber_key,
  case when redone.sends then computed.sent_at else old.sent_at end,
  case when redone.sends then computed.last_sent_at else old.last_sent_at end,
  case when redone.sends then computed.list_id else old.list_id end,
  case when redone.sends then computed.subscriber_id else old.subscriber_id end,
  case when redone.sends then computed.not_sent_at else old.not_sent_at end,
  case when redone.sends then computed.last_not_sent_at else old.last_not_sent_at end,
  case when redone.opens then computed.first_open_at else old.first_open_at end,
  case when redone.opens then computed.last_open_at else old.last_open_at end,
  case when redone.opens then computed.first_open_at else old.first_human_open_at end,
  case when redone.opens then computed.last_open_at else old.last_human_open_at end,
  case when redone.clicks then computed.first_click_at else old.first_click_at end,
  case when redone.clicks then computed.last_click_at else old.last_click_at end,
  case when redone.clicks then computed.first_click_at else old.first_human_click_at end,
  case when redone.clicks then computed.last_click_at else old.last_human_click_at end,
  case when redone.bounces then computed.bounced_at else old.bounced_at end,
  case when redone.bounces then computed.last_bounced_at else old.last_bounced_at end,
  case when redone.unsubscribes then computed.unsubscribed_at else old.unsubscribed_at end,
  case when redone.unsubscribes then computed.last_unsubscribed_at else old.last_unsubscribed_at end,
  case when redone.unsubscribes then computed.unsubscribed_from_all_at else old.unsubscribed_from_all_at end,
  case when redone.others then computed.first_forward_at else old.first_forward_at end,
  case when redone.others then computed.last_forward_at else old.last_forward_at end,
  case when redone.others then computed.first_forward_opt_in_at else old.first_forward_opt_in_at end,
  case when redone.others then computed.last_forward_opt_in_at else old.last_forward_opt_in_at end,
  case when redone.others then computed.first_survey_at else old.first_survey_at end,
  case when redone.others then computed.last_survey_at else old.last_survey_at end,
  case when not redone.opens then old.first_open_hash end,
  case when not redone.clicks then old.first_click_hash end,
  case when not redone.bounces then old.first_bounce_hash end,
  case when not redone.unsubscribes then old.first_unsubscribe_hash end,
  coalesce(case when redone.opens then computed.opens else old.opens end, 0),
  coalesce(case when redone.opens then computed.opens else old.human_opens end, 0),
  coalesce(case when redone.clicks then computed.clicks else old.clicks end, 0),
  coalesce(case when redone.clicks then computed.clicks else old.human_clicks end, 0),
  coalesce(case when redone.bounces then computed.hard_bounces else old.hard_bounces end, 0),
  coalesce(case when redone.bounces then computed.soft_bounces else old.soft_bounces end, 0),
  coalesce(case when redone.bounces then computed.other_bounces else old.other_bounces end, 0),
  coalesce(case when redone.unsubscribes then computed.unsubscribes else old.unsubscribes end, 0),
  coalesce(case when redone.others then computed.forwards else old.forwards end, 0),
  coalesce(case when redone.others then computed.forward_opt_ins else old.forward_opt_ins end, 0),
  coalesce(case when redone.others then computed.survey_answers else old.survey_answers end, 0),
  case when redone.opens then computed.first_open_at else old.first_open_at end is not null,
  case when redone.clicks then computed.first_click_at else old.first_click_at end is not null,
  case when redone.bounces then computed.bounced_at else old.bounced_at end is not null,
  case when redone.unsubscribes then computed.unsubscribed_at else old.unsubscribed_at end is not null,
  case when not redone.bounces then old.bounce_kind end,
  case when not redone.bounces then old.bounce_category end
from computed
full join (select * from pg_temp.old_message where job_id = any ($2::bigint[])) as old using (job_id, batch_id, subscriber_key)
join redone using (job_id)
-- A message without events is none.
where computed.job_id is not null
  or not redone.sends and coalesce(old.sent_at, old.not_sent_at) is not null
  or not redone.opens and old.first_open_at is not null
  or not redone.clicks and old.first_click_at is not null
  or not redone.bounces and old.bounced_at is not null
  or not redone.unsubscribes and old.unsubscribed_at is not null
  or not redone.others and coalesce(old.first_forward_at, old.first_forward_opt_in_at, old.first_survey_at) is not null;
