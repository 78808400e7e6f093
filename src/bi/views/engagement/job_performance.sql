-- One row per send job: what was sent, delivered, opened and clicked, by people and by machines, with rates over what was
-- delivered and, named _of_sent, over what was sent. Messages are counted, not events: a person who is sent two messages
-- of a triggered job counts twice. Rates are NULL where there is nothing to divide by; for several jobs divide sums,
-- never average rates. Opens that privacy proxies load look like those of people: human_opened is an upper bound, and
-- clicks are the better measure. Complaints cannot be read over the SOAP API.
create or replace view bi.job_performance with (security_invoker = true) as
select
  job.account_id, -- MID of the business unit
  unit.name as account_name, -- name of the business unit
  job.job_id, -- JobID
  job.email_id, -- EmailID
  job.email_name, -- name of the email
  job.subject, -- subject line
  job.from_name, -- name of the sender
  job.from_address, -- address of the sender
  job.status, -- status as sent, e.g. Complete
  job.is_triggered, -- a triggered send
  job.triggered_send_id, -- ObjectID of its definition
  definition.name as triggered_send_name, -- name of its definition; for journeys that of the activity
  job.sent_at, -- when the send was completed
  (coalesce(job.sent_at, job.scheduled_at, job.created_at) at time zone settings.time_zone)::date as day, -- day of the send in REPORTING_TIMEZONE
  coalesce(total.sent, 0) as sent, -- messages sent
  coalesce(total.delivered, 0) as delivered, -- messages sent and not bounced; not: in the inbox
  coalesce(total.not_sent, 0) as not_sent, -- messages held back
  coalesce(total.bounced, 0) as bounced, -- messages that bounced: the sum of the next four
  coalesce(total.hard_bounced, 0) as hard_bounced, -- bounced hard
  coalesce(total.block_bounced, 0) as block_bounced, -- blocked
  coalesce(total.soft_bounced, 0) as soft_bounced, -- bounced softly
  coalesce(total.other_bounced, 0) as other_bounced, -- bounced in any other way
  coalesce(total.opened, 0) as opened, -- messages opened, machines included
  coalesce(total.human_opened, 0) as human_opened, -- messages with an open or a click that meets no rule; an upper bound
  coalesce(total.clicked, 0) as clicked, -- messages clicked, machines included
  coalesce(total.human_clicked, 0) as human_clicked, -- messages with a click that meets no rule
  coalesce(total.unsubscribed, 0) as unsubscribed, -- messages that led to an unsubscribe
  coalesce(total.openers, 0) as unique_opens, -- people who opened, machines included; as Send.UniqueOpens
  coalesce(total.clickers, 0) as unique_clicks, -- people who clicked, machines included; as Send.UniqueClicks
  coalesce(total.open_events, 0) as opens, -- open events
  coalesce(total.machine_opens, 0) as machine_opens, -- opens that meet a rule
  coalesce(total.click_events, 0) as clicks, -- click events
  coalesce(total.machine_clicks, 0) as machine_clicks, -- clicks that meet a rule
  total.delivered::numeric / nullif(total.sent, 0) as delivery_rate, -- delivered over sent
  total.opened::numeric / nullif(total.delivered, 0) as open_rate, -- opened over delivered
  total.opened::numeric / nullif(total.sent, 0) as open_rate_of_sent, -- opened over sent
  total.human_opened::numeric / nullif(total.delivered, 0) as human_open_rate, -- human_opened over delivered
  total.human_opened::numeric / nullif(total.sent, 0) as human_open_rate_of_sent, -- human_opened over sent
  total.clicked::numeric / nullif(total.delivered, 0) as click_rate, -- clicked over delivered
  total.clicked::numeric / nullif(total.sent, 0) as click_rate_of_sent, -- clicked over sent
  total.human_clicked::numeric / nullif(total.delivered, 0) as human_click_rate, -- human_clicked over delivered
  total.human_clicked::numeric / nullif(total.sent, 0) as human_click_rate_of_sent, -- human_clicked over sent
  total.clicked::numeric / nullif(total.opened, 0) as click_to_open_rate_of_openers, -- clicked over opened; above 1 where people click without loading images
  total.clicked::numeric / nullif(total.engaged, 0) as click_to_open_rate_of_engaged, -- clicked over opened or clicked; never above 1
  total.bounced::numeric / nullif(total.sent, 0) as bounce_rate, -- bounced over sent
  total.hard_bounced::numeric / nullif(total.sent, 0) as hard_bounce_rate, -- hard_bounced over sent
  total.block_bounced::numeric / nullif(total.sent, 0) as block_bounce_rate, -- block_bounced over sent
  total.soft_bounced::numeric / nullif(total.sent, 0) as soft_bounce_rate, -- soft_bounced over sent
  total.other_bounced::numeric / nullif(total.sent, 0) as other_bounce_rate, -- other_bounced over sent
  total.unsubscribed::numeric / nullif(total.delivered, 0) as unsubscribe_rate, -- unsubscribed over delivered
  total.unsubscribed::numeric / nullif(total.sent, 0) as unsubscribe_rate_of_sent, -- unsubscribed over sent
  total.first_event_at, -- earliest event loaded
  total.last_event_at -- latest event loaded
from tracking.jobs as job
cross join bi.settings
left join tracking.job_totals as total on total.account_id = job.account_id and total.job_id = job.job_id
left join tracking.business_units as unit on unit.account_id = job.account_id
left join tracking.triggered_sends as definition
  on definition.account_id = job.account_id and definition.triggered_send_id = job.triggered_send_id;
