-- Source table send of the Fivetran package: one row per send job, with Marketing Cloud's own counters.
create or replace view :schema.send with (security_invoker = true) as
select
  job.job_id as id, -- JobID
  job.email_id, -- EmailID; joins email.id
  job.email_name, -- name of the email
  job.subject, -- subject line
  job.from_name, -- name of the sender
  job.from_address, -- address of the sender
  null::text as bcc_email, -- NULL: not read
  job.status, -- status as sent, e.g. Complete
  job.scheduled_at at time zone settings.time_zone as send_date, -- when the send was scheduled to start, in REPORTING_TIMEZONE
  job.created_at at time zone settings.time_zone as created_date, -- when it was created, in REPORTING_TIMEZONE
  job.modified_at at time zone settings.time_zone as modified_date, -- when it was last modified, in REPORTING_TIMEZONE
  job.is_always_on, -- IsAlwaysOn
  job.is_multipart, -- sent as HTML and text
  job.preview_url, -- PreviewURL
  job.duplicates, -- Duplicates
  job.existing_undeliverables, -- ExistingUndeliverables
  job.existing_unsubscribes, -- ExistingUnsubscribes
  job.forwarded_emails, -- ForwardedEmails
  job.hard_bounces, -- HardBounces
  job.soft_bounces, -- SoftBounces
  job.other_bounces, -- OtherBounces
  job.invalid_addresses, -- InvalidAddresses
  job.missing_addresses, -- MissingAddresses
  job.number_delivered, -- NumberDelivered
  job.number_errored, -- NumberErrored
  job.number_excluded, -- NumberExcluded
  job.number_sent, -- NumberSent
  job.number_targeted, -- NumberTargeted
  job.unique_clicks, -- UniqueClicks
  job.unique_opens, -- UniqueOpens
  job.unsubscribes -- Unsubscribes
from tracking.jobs as job
cross join bi.settings
where job.account_id = :account_id;
