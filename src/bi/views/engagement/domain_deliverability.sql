-- Messages by the domain of the address and the day they were sent. Only where subscriber keys are addresses. Rates are NULL
-- where nothing was sent; over several days divide sums. Where keys are stored as hashes, one row says that it is not
-- available.
create or replace view bi.domain_deliverability with (security_invoker = true) as
select
  account_id, -- MID of the business unit
  domain, -- domain of the address, in lower case
  day, -- day of sending in REPORTING_TIMEZONE
  sent, -- messages sent
  delivered, -- messages sent and not bounced
  sent - delivered as bounced, -- messages that bounced
  hard_bounced, -- bounced hard
  block_bounced, -- blocked
  soft_bounced, -- bounced softly
  other_bounced, -- bounced in any other way
  opened, -- messages opened, machines included
  human_opened, -- messages with an open or a click that meets no rule; an upper bound
  clicked, -- messages clicked, machines included
  human_clicked, -- messages with a click that meets no rule
  unsubscribed, -- messages that led to an unsubscribe
  delivered::numeric / nullif(sent, 0) as delivery_rate, -- delivered over sent
  hard_bounced::numeric / nullif(sent, 0) as hard_bounce_rate, -- hard_bounced over sent
  block_bounced::numeric / nullif(sent, 0) as block_bounce_rate, -- block_bounced over sent
  opened::numeric / nullif(delivered, 0) as open_rate, -- opened over delivered
  human_opened::numeric / nullif(delivered, 0) as human_open_rate, -- human_opened over delivered
  clicked::numeric / nullif(delivered, 0) as click_rate, -- clicked over delivered
  human_clicked::numeric / nullif(delivered, 0) as human_click_rate -- human_clicked over delivered
from tracking.domain_days
union all
select account_id, 'not available', null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
       null, null, null, null, null
from (select distinct account_id from tracking.job_totals) as account
cross join bi.settings
where settings.subscriber_key_mode = 'hmac';
