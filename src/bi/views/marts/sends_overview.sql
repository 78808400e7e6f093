-- One row per send job, by the names of Fivetran’s mart sends_overview: Marketing Cloud’s own counters, rates over what
-- was sent (0 for empty sends), and the events loaded. Rates over what was delivered are in job_performance.
create or replace view bi.sends_overview with (security_invoker = true) as
select
  job.account_id, -- MID of the business unit
  job.job_id as send_id, -- JobID
  null::text as bcc_email, -- NULL: not read
  job.created_at as created_date, -- when it was created
  job.duplicates, -- Duplicates
  job.email_id, -- EmailID; joins email_overview
  job.email_name, -- name of the email
  job.existing_undeliverables, -- ExistingUndeliverables
  job.existing_unsubscribes, -- ExistingUnsubscribes
  job.forwarded_emails, -- ForwardedEmails
  job.from_address, -- address of the sender
  job.from_name, -- name of the sender
  job.hard_bounces, -- HardBounces
  job.invalid_addresses, -- InvalidAddresses
  job.is_always_on, -- IsAlwaysOn
  job.is_multipart, -- sent as HTML and text
  job.missing_addresses, -- MissingAddresses
  job.modified_at as modified_date, -- when it was last modified
  job.number_delivered, -- NumberDelivered
  job.number_errored, -- NumberErrored
  job.number_excluded, -- NumberExcluded
  job.number_sent, -- NumberSent
  job.number_targeted, -- NumberTargeted
  job.other_bounces, -- OtherBounces
  job.preview_url, -- PreviewURL
  job.scheduled_at as send_date, -- when the send was scheduled to start
  job.soft_bounces, -- SoftBounces
  job.status as send_status, -- status as sent, e.g. Complete
  job.subject, -- subject line
  job.unique_clicks, -- UniqueClicks
  job.unique_opens, -- UniqueOpens
  job.unsubscribes, -- Unsubscribes
  coalesce(job.unique_opens::numeric / nullif(job.number_sent, 0), 0) as open_rate, -- unique opens over sent; 0 for an empty send
  coalesce(job.unique_clicks::numeric / nullif(job.number_sent, 0), 0) as click_through_rate, -- unique clicks over sent; 0 for an empty send
  coalesce(job.unsubscribes::numeric / nullif(job.number_sent, 0), 0) as unsubscribe_rate, -- unsubscribes over sent; 0 for an empty send
  coalesce(total.sent_events, 0) as total_send_events, -- sent events loaded
  coalesce(total.open_events, 0) as total_open_events, -- opens loaded
  coalesce(total.click_events, 0) as total_click_events, -- clicks loaded
  coalesce(total.bounce_events, 0) as total_bounce_events, -- bounces loaded
  coalesce(total.forward_events, 0) as total_forward_events, -- forwards loaded
  coalesce(total.unsub_events, 0) as total_unsubscribe_events, -- unsubscribes loaded
  coalesce(total.survey_events, 0) as total_survey_response_events -- survey answers loaded
from tracking.jobs as job
left join tracking.job_totals as total on total.account_id = job.account_id and total.job_id = job.job_id;
