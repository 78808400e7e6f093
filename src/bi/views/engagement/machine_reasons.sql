-- How many opens and clicks of each job meet each rule of bi.engagement_rules. An event that meets several counts in each.
create or replace view bi.machine_reasons with (security_invoker = true) as
select
  account_id, -- MID of the business unit
  job_id, -- JobID
  event_type, -- open or click
  rule, -- rule of bi.engagement_rules
  events, -- events that meet it
  people -- people with such an event
from tracking.rule_totals;
