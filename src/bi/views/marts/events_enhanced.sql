-- Every event of all nine types with its job and email, by the names of Fivetran’s mart events_enhanced. It is a view:
-- late events are in it at once.
create or replace view bi.events_enhanced with (security_invoker = true) as
select
  event.account_id, -- MID of the business unit
  concat_ws('-', event.event_type, event.account_id, event.job_id, (extract(epoch from event.occurred_at) * 1000000)::bigint, event.event_hash) as event_id, -- unique, and the same whenever it is read
  case event.event_type when 'sent' then 'Sent' when 'not_sent' then 'NotSent' when 'open' then 'Open' when 'click' then 'Click' when 'bounce' then case when event.bounce_kind in ('HardBounce', 'SoftBounce') then event.bounce_kind else 'OtherBounce' end when 'unsub' then 'Unsubscribe' when 'forward' then 'ForwardedEmail' when 'forward_opt_in' then 'ForwardedEmailOptIn' when 'survey' then 'Survey' end as event_type, -- Marketing Cloud’s EventType
  (event.occurred_at at time zone settings.time_zone)::date as event_date, -- day in REPORTING_TIMEZONE
  event.occurred_at, -- when it happened
  (event.occurred_at at time zone settings.time_zone)::date as created_date, -- the same day: events have no other date
  event.job_id as send_id, -- JobID; joins sends_overview
  coalesce(event.batch_id, 0) as batch_id, -- BatchID; 0 where the event names none
  event.subscriber_key, -- the person, exactly as sent
  event.triggered_send_id, -- ObjectID of the triggered send definition
  event.bounce_category, -- category of a bounce
  event.bounce_type, -- immediate or delayed
  event.smtp_code, -- SMTP reply code of a bounce
  event.smtp_reason, -- the receiving server’s text; may contain addresses
  case when event.event_type = 'unsub' then event.list_id end as unsubscribed_list_id, -- the list unsubscribed from
  event.url as event_url, -- the link of a click as followed
  event.question, -- survey question
  event.opt_in_subscriber_key, -- key of the friend who opted in
  event.event_type = 'click' as is_click, -- a click
  false as is_delivered_event, -- false: Marketing Cloud has no such event for email
  event.event_type = 'forward' as is_forward, -- a forward to a friend
  event.event_type = 'forward_opt_in' as is_opt_in, -- a friend opted in
  event.event_type = 'bounce' as is_bounce, -- a bounce of any kind
  event.event_type = 'open' as is_open, -- an open, machines included
  event.event_type = 'not_sent' as is_not_sent, -- a message held back
  event.event_type = 'sent' as is_sent, -- a message sent
  event.event_type = 'survey' as is_survey_response, -- a survey answer
  event.event_type = 'unsub' as is_unsubscribe, -- an unsubscribe
  job.created_at as send_created_date, -- when the job was created
  null::text as bcc_email, -- NULL: not read
  job.from_address, -- address of the sender
  job.from_name, -- name of the sender
  job.preview_url, -- PreviewURL
  job.subject as sends_subject, -- subject line of the job
  job.email_id, -- EmailID
  job.email_name, -- name of the email
  job.subject as email_subject, -- subject line of the email: that of the job, the SOAP API gives no other
  null::timestamptz as email_created_date -- NULL: not read
from bi.all_events as event
cross join bi.settings
left join tracking.jobs as job on job.account_id = event.account_id and job.job_id = event.job_id;
