-- Source table event of the Fivetran package: every event of all nine types.
create or replace view :schema.event with (security_invoker = true) as
select
  concat_ws('-', event.event_type, event.account_id, event.job_id, (extract(epoch from event.occurred_at) * 1000000)::bigint, event.event_hash) as id, -- unique, and the same whenever it is read
  case event.event_type when 'sent' then 'Sent' when 'not_sent' then 'NotSent' when 'open' then 'Open' when 'click' then 'Click' when 'bounce' then case when event.bounce_kind in ('HardBounce', 'SoftBounce') then event.bounce_kind else 'OtherBounce' end when 'unsub' then 'Unsubscribe' when 'forward' then 'ForwardedEmail' when 'forward_opt_in' then 'ForwardedEmailOptIn' when 'survey' then 'Survey' end as event_type, -- Marketing Cloud’s EventType
  event.occurred_at at time zone settings.time_zone as event_date, -- when it happened, in REPORTING_TIMEZONE
  event.occurred_at at time zone settings.time_zone as created_date, -- the same: events have no other date
  null::timestamp as modified_date, -- NULL: events do not change
  event.job_id as send_id, -- JobID; joins send.id
  coalesce(event.batch_id, 0) as batch_id, -- BatchID; 0 where the event names none
  event.subscriber_key, -- the person, exactly as sent
  upper(event.triggered_send_id::text) as triggered_send_id, -- ObjectID of the triggered send definition, in upper case
  event.bounce_category, -- category of a bounce
  event.bounce_type, -- immediate or delayed
  event.smtp_code, -- SMTP reply code of a bounce
  event.smtp_reason, -- the receiving server’s text; may contain addresses
  case when event.event_type = 'unsub' then event.list_id end as unsubscribed_list_id, -- the list unsubscribed from
  event.url, -- the link of a click as followed
  event.question, -- survey question
  event.opt_in_subscriber_key, -- key of the friend who opted in
  event.loaded_at as _fivetran_synced -- when the row was written
from bi.all_events as event
cross join bi.settings
where event.account_id = :account_id;
