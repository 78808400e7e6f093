-- How many opens and clicks of each job meet each rule of bi.engagement_rules. An event that meets several counts in each.
create or replace view bi.machine_reasons with (security_invoker = true) as
select
  event.account_id, -- MID of the business unit
  event.job_id, -- JobID
  event.event_type, -- open or click
  reason.rule, -- rule of bi.engagement_rules
  count(*) as events, -- events that meet it
  count(distinct event.subscriber_key) as people -- people with such an event
from tracking.machine_events as event
cross join lateral unnest(event.reasons) as reason (rule)
group by event.account_id, event.job_id, event.event_type, reason.rule;
