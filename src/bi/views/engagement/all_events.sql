-- The events of all nine tables, one row each.
create or replace view bi.all_events with (security_invoker = true) as
select
  event.account_id, -- MID of the business unit
  event.job_id, -- JobID; joins tracking.jobs
  event.batch_id, -- BatchID within the job
  event.subscriber_key, -- the person, exactly as sent
  'sent'::text as event_type, -- sent, not_sent, open, click, bounce, unsub, forward, forward_opt_in or survey
  event.occurred_at, -- when it happened
  event.triggered_send_id, -- ObjectID of the triggered send definition; NULL for list sends
  event.list_id, -- the list of a sent, not-sent or unsubscribe event
  event.subscriber_id, -- SubscriberID of a sent or not-sent event
  null::bigint as url_id, -- the link of a click
  null::text as url, -- the link of a click as followed, personalisation filled in
  null::text as bounce_kind, -- HardBounce, SoftBounce or OtherBounce
  null::text as bounce_category, -- category of a bounce
  null::text as bounce_type, -- immediate or delayed
  null::text as smtp_code, -- SMTP reply code of a bounce
  null::text as smtp_reason, -- the receiving server’s text; may contain addresses
  null::boolean as is_master_unsubscribed, -- of an unsubscribe; true: from everything
  null::text as opt_in_subscriber_key, -- key of the friend who opted in
  null::text as question, -- survey question
  null::text as answer, -- survey answer
  event.loaded_at, -- when the row was written
  hash_record_extended(row(event.batch_id, event.subscriber_key, event.list_id), 0) as event_hash, -- tells events of one job and instant apart, as the identity of their table does
  event.file_digits -- fraction digits of the time in the file that brought it; NULL: SOAP brought it
from tracking.sent_events as event
union all
select
  event.account_id, event.job_id, event.batch_id, event.subscriber_key, 'not_sent'::text, event.occurred_at,
  event.triggered_send_id, event.list_id, event.subscriber_id, null::bigint, null::text, null::text,
  null::text, null::text, null::text, null::text, null::boolean, null::text, null::text, null::text,
  event.loaded_at, hash_record_extended(row(event.batch_id, event.subscriber_key, event.list_id), 0), event.file_digits
from tracking.not_sent_events as event
union all
select
  event.account_id, event.job_id, event.batch_id, event.subscriber_key, 'open'::text, event.occurred_at,
  event.triggered_send_id, null::bigint, null::bigint, null::bigint, null::text, null::text, null::text,
  null::text, null::text, null::text, null::boolean, null::text, null::text, null::text, event.loaded_at,
  hash_record_extended(row(event.batch_id, event.subscriber_key), 0), event.file_digits
from tracking.open_events as event
union all
select
  event.account_id, event.job_id, event.batch_id, event.subscriber_key, 'click'::text, event.occurred_at,
  event.triggered_send_id, null::bigint, null::bigint, event.url_id, event.url, null::text, null::text,
  null::text, null::text, null::text, null::boolean, null::text, null::text, null::text, event.loaded_at,
  hash_record_extended(row(event.batch_id, event.subscriber_key, event.url_id, event.url), 0), event.file_digits
from tracking.click_events as event
union all
select
  event.account_id, event.job_id, event.batch_id, event.subscriber_key, 'bounce'::text, event.occurred_at,
  event.triggered_send_id, null::bigint, null::bigint, null::bigint, null::text, event.bounce_kind,
  event.bounce_category, event.bounce_type, event.smtp_code, event.smtp_reason, null::boolean, null::text,
  null::text, null::text, event.loaded_at,
  hash_record_extended(row(event.batch_id, event.subscriber_key, event.bounce_kind, event.bounce_type, event.smtp_code), 0),
  event.file_digits
from tracking.bounce_events as event
union all
select
  event.account_id, event.job_id, event.batch_id, event.subscriber_key, 'unsub'::text, event.occurred_at,
  event.triggered_send_id, event.list_id, null::bigint, null::bigint, null::text, null::text, null::text,
  null::text, null::text, null::text, event.is_master_unsubscribed, null::text, null::text, null::text,
  event.loaded_at,
  hash_record_extended(row(event.batch_id, event.subscriber_key, event.list_id, event.is_master_unsubscribed), 0),
  event.file_digits
from tracking.unsub_events as event
union all
select
  event.account_id, event.job_id, event.batch_id, event.subscriber_key, 'forward'::text, event.occurred_at,
  event.triggered_send_id, null::bigint, null::bigint, null::bigint, null::text, null::text, null::text,
  null::text, null::text, null::text, null::boolean, null::text, null::text, null::text, event.loaded_at,
  hash_record_extended(row(event.batch_id, event.subscriber_key), 0), event.file_digits
from tracking.forward_events as event
union all
select
  event.account_id, event.job_id, event.batch_id, event.subscriber_key, 'forward_opt_in'::text,
  event.occurred_at, event.triggered_send_id, null::bigint, null::bigint, null::bigint, null::text, null::text,
  null::text, null::text, null::text, null::text, null::boolean, event.opt_in_subscriber_key, null::text,
  null::text, event.loaded_at,
  hash_record_extended(row(event.batch_id, event.subscriber_key, event.opt_in_subscriber_key), 0), event.file_digits
from tracking.forward_opt_in_events as event
union all
select
  event.account_id, event.job_id, event.batch_id, event.subscriber_key, 'survey'::text, event.occurred_at,
  event.triggered_send_id, null::bigint, null::bigint, null::bigint, null::text, null::text, null::text,
  null::text, null::text, null::text, null::boolean, null::text, event.question, event.answer, event.loaded_at,
  hash_record_extended(row(event.batch_id, event.subscriber_key, event.question, event.answer), 0), event.file_digits
from tracking.survey_events as event;
