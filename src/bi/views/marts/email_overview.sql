-- One row per email over all its jobs, by the names of Fivetran’s mart email_overview. Uniques are sums of the jobs’
-- uniques: a person who opened two jobs counts twice.
create or replace view bi.email_overview with (security_invoker = true) as
select
  send.account_id, -- MID of the business unit
  send.email_id, -- EmailID
  (array_agg(send.email_name order by send.created_date desc nulls last, send.send_id desc))[1] as email_name, -- name, as the newest job has it
  (array_agg(send.subject order by send.created_date desc nulls last, send.send_id desc))[1] as subject, -- subject line, as the newest job has it
  null::bigint as asset_id, -- NULL: not read
  null::bigint as asset_type_id, -- NULL: not read
  null::text as character_set, -- NULL: not read
  null::text as pre_header, -- NULL: not read
  null::text as text_body, -- NULL: not read
  min(send.created_date) as created_date, -- when its first job was created: the SOAP API gives no other date
  max(send.modified_date) as modified_date, -- when a job of it was last modified
  count(*) as total_unique_sends, -- jobs
  coalesce(sum(send.number_sent), 0) as total_emails_sent, -- NumberSent
  coalesce(sum(send.unique_opens), 0) as total_unique_opens, -- UniqueOpens, summed over jobs
  coalesce(sum(send.unique_clicks), 0) as total_unique_clicks, -- UniqueClicks, summed over jobs
  coalesce(sum(send.unsubscribes), 0) as total_unsubscribes, -- Unsubscribes
  coalesce(sum(send.forwarded_emails), 0) as total_forwards, -- ForwardedEmails
  coalesce(sum(send.number_delivered), 0) as total_deliveries, -- NumberDelivered
  coalesce(sum(send.number_targeted), 0) as total_targets, -- NumberTargeted
  coalesce(sum(send.hard_bounces + send.soft_bounces + send.other_bounces), 0) as total_bounces, -- bounces of all kinds
  coalesce(sum(send.unique_opens) / nullif(sum(send.number_sent), 0), 0) as open_rate, -- unique opens over sent; 0 where nothing was sent
  coalesce(sum(send.unique_clicks) / nullif(sum(send.number_sent), 0), 0) as click_through_rate, -- unique clicks over sent; 0 where nothing was sent
  coalesce(sum(send.unsubscribes) / nullif(sum(send.number_sent), 0), 0) as unsubscribe_rate, -- unsubscribes over sent; 0 where nothing was sent
  sum(send.total_send_events) as total_send_events, -- sent events loaded
  sum(send.total_open_events) as total_open_events, -- opens loaded
  sum(send.total_click_events) as total_click_events, -- clicks loaded
  sum(send.total_bounce_events) as total_bounce_events, -- bounces loaded
  sum(send.total_forward_events) as total_forward_events, -- forwards loaded
  sum(send.total_unsubscribe_events) as total_unsubscribe_events, -- unsubscribes loaded
  sum(send.total_survey_response_events) as total_survey_response_events -- survey answers loaded
from bi.sends_overview as send
where send.email_id is not null
group by send.account_id, send.email_id;
