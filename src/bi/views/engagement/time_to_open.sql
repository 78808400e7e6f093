-- How long people take to open and to click a job: median and 90th percentile, in hours since each person’s own message
-- was sent. Read off the counts of each hour, evenly spread within an hour: right to the hour. docs/queries has the exact
-- ones for a single job. Privacy proxies open within minutes or hours whether people read or not; clicks say more.
create or replace view bi.time_to_open with (security_invoker = true) as
with first as (
  select hours.account_id, hours.job_id, hours.hour, measure.name, measure.messages,
         sum(measure.messages) over upto as until, sum(measure.messages) over (partition by hours.account_id, hours.job_id, measure.name) as total
  from tracking.job_hours as hours
  cross join lateral (values
    ('open', hours.first_opens), ('human open', hours.human_first_opens),
    ('click', hours.first_clicks), ('human click', hours.human_first_clicks)) as measure (name, messages)
  where measure.messages > 0
  window upto as (partition by hours.account_id, hours.job_id, measure.name order by hours.hour)
), placed as (
  select account_id, job_id, name, max(total) as total,
         min(hour + (0.5 * total - until + messages) / messages) filter (where until >= 0.5 * total) as median,
         min(hour + (0.9 * total - until + messages) / messages) filter (where until >= 0.9 * total) as p90
  from first
  group by account_id, job_id, name
)
select
  account_id, -- MID of the business unit
  job_id, -- JobID
  max(total) filter (where name = 'open') as opened, -- messages opened, machines included
  max(median) filter (where name = 'open') as median_hours_to_open, -- half of them were opened by then
  max(p90) filter (where name = 'open') as p90_hours_to_open, -- nine of ten were
  max(total) filter (where name = 'human open') as human_opened, -- messages with an open that meets no rule
  max(median) filter (where name = 'human open') as median_hours_to_human_open, -- half of them were opened by then
  max(p90) filter (where name = 'human open') as p90_hours_to_human_open, -- nine of ten were
  max(total) filter (where name = 'click') as clicked, -- messages clicked, machines included
  max(median) filter (where name = 'click') as median_hours_to_click, -- half of them were clicked by then
  max(p90) filter (where name = 'click') as p90_hours_to_click, -- nine of ten were
  max(total) filter (where name = 'human click') as human_clicked, -- messages with a click that meets no rule
  max(median) filter (where name = 'human click') as median_hours_to_human_click, -- half of them were clicked by then
  max(p90) filter (where name = 'human click') as p90_hours_to_human_click -- nine of ten were
from placed
group by account_id, job_id;
