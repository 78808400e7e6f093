-- Triggered sends by definition and day, over all jobs of the definition: publishing a journey again makes a new job.
-- People count on the day of their first event in a job.
create or replace view bi.triggered_send_days with (security_invoker = true) as
select
  job.account_id, -- MID of the business unit
  job.triggered_send_id, -- ObjectID of the definition
  max(definition.customer_key) as customer_key, -- its CustomerKey
  max(definition.name) as name, -- its name; for journeys that of the activity
  days.day, -- day in REPORTING_TIMEZONE
  count(distinct job.job_id) as jobs, -- jobs with events on this day
  coalesce(sum(days.events) filter (where days.event_type = 'sent'), 0)::bigint as sent, -- messages sent
  coalesce(sum(days.events) filter (where days.event_type = 'not_sent'), 0)::bigint as not_sent, -- messages held back
  coalesce(sum(days.events) filter (where days.event_type = 'bounce'), 0)::bigint as bounces, -- bounce events
  coalesce(sum(days.events) filter (where days.event_type = 'open'), 0)::bigint as opens, -- opens
  coalesce(sum(days.events - days.machine_events) filter (where days.event_type = 'open'), 0)::bigint as human_opens, -- opens that meet no rule; an upper bound
  coalesce(sum(days.people) filter (where days.event_type = 'open'), 0)::bigint as unique_opens, -- first opens of a person in a job
  coalesce(sum(days.events) filter (where days.event_type = 'click'), 0)::bigint as clicks, -- clicks
  coalesce(sum(days.events - days.machine_events) filter (where days.event_type = 'click'), 0)::bigint as human_clicks, -- clicks that meet no rule
  coalesce(sum(days.people) filter (where days.event_type = 'click'), 0)::bigint as unique_clicks, -- first clicks of a person in a job
  coalesce(sum(days.events) filter (where days.event_type = 'unsub'), 0)::bigint as unsubscribes -- unsubscribes
from tracking.job_days as days
join tracking.jobs as job on job.account_id = days.account_id and job.job_id = days.job_id
left join tracking.triggered_sends as definition
  on definition.account_id = job.account_id and definition.triggered_send_id = job.triggered_send_id
where job.triggered_send_id is not null
group by job.account_id, job.triggered_send_id, days.day;
