-- One row per send job and tracked link, by the names of Fivetran’s mart sends_links: Marketing Cloud’s own counters of
-- each link. A job without links has one row without a link.
create or replace view bi.sends_links with (security_invoker = true) as
select
  job.account_id, -- MID of the business unit
  job.job_id as send_id, -- JobID
  null::text as bcc_email, -- NULL: not read
  job.duplicates, -- Duplicates
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
  job.number_delivered, -- NumberDelivered
  job.number_errored, -- NumberErrored
  job.number_excluded, -- NumberExcluded
  job.number_sent, -- NumberSent
  job.number_targeted, -- NumberTargeted
  job.other_bounces, -- OtherBounces
  job.preview_url, -- PreviewURL
  job.soft_bounces, -- SoftBounces
  job.status as send_status, -- status as sent, e.g. Complete
  job.subject, -- subject line
  job.unique_clicks, -- UniqueClicks
  job.unique_opens, -- UniqueOpens
  job.unsubscribes, -- Unsubscribes
  job.email_id, -- EmailID
  job.created_at as send_created_date, -- when the job was created
  job.modified_at as send_modified_date, -- when it was last modified
  job.scheduled_at as send_date, -- when the send was scheduled to start
  link.url_id as link_id, -- the link; joins link_performance.url_id
  link.alias as link_alias, -- Link.Alias
  link.total_clicks as link_total_clicks, -- Link.TotalClicks
  link.unique_clicks as link_unique_clicks, -- Link.UniqueClicks
  link.url as link_url, -- Link.URL, before personalisation
  total.last_click_at as link_last_clicked -- last click loaded
from tracking.jobs as job
left join tracking.links as link on link.account_id = job.account_id and link.job_id = job.job_id
left join tracking.link_totals as total
  on total.account_id = link.account_id and total.job_id = link.job_id and total.url_id = link.url_id;
