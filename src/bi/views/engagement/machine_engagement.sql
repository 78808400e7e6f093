-- Opens and clicks of each job: all, those of machines and those of people, side by side. An open or a click is a
-- machine’s where it meets a rule of bi.engagement_rules; which ones do is in tracking.machine_events, with every rule
-- they meet. The events stay as they are. What cannot be seen: opens that privacy proxies load (Apple Mail and others,
-- up to half of all) come at any time and look like people’s, so that human opens are an upper bound; the SOAP API gives
-- no address and no user agent. Unsubscribes are never taken off.
create or replace view bi.machine_engagement with (security_invoker = true) as
select
  total.account_id, -- MID of the business unit
  total.job_id, -- JobID
  measure.event_type, -- open or click
  measure.events, -- all events
  measure.events - measure.machine_events as human_events, -- events that meet no rule
  measure.machine_events, -- events that meet a rule
  measure.machine_events::numeric / nullif(measure.events, 0) as machine_share, -- machine_events over events
  measure.people, -- people with such an event
  measure.human_people, -- people with one that meets no rule; for opens a click that meets no rule counts too
  measure.messages, -- messages with such an event
  measure.human_messages -- messages with one that meets no rule; for opens a click that meets no rule counts too
from tracking.job_totals as total
cross join lateral (values
  ('open', total.open_events, total.machine_opens, total.openers, total.human_openers, total.opened, total.human_opened),
  ('click', total.click_events, total.machine_clicks, total.clickers, total.human_clickers, total.clicked, total.human_clicked)
) as measure (event_type, events, machine_events, people, human_people, messages, human_messages);
