-- How long people take to open and to click a job: median and 90th percentile, in hours since each person’s own message
-- was sent. Read off the counts of each hour, evenly spread within an hour: right to the hour. docs/queries has the exact
-- ones for a single job. Privacy proxies open within minutes or hours whether people read or not; clicks say more.
create or replace view bi.time_to_open with (security_invoker = true) as
with total as (
  select account_id, job_id,
         sum(first_opens) as opened, 0.5 * sum(first_opens) as half_opened, 0.9 * sum(first_opens) as most_opened,
         sum(human_first_opens) as human_opened, 0.5 * sum(human_first_opens) as half_human_opened, 0.9 * sum(human_first_opens) as most_human_opened,
         sum(first_clicks) as clicked, 0.5 * sum(first_clicks) as half_clicked, 0.9 * sum(first_clicks) as most_clicked,
         sum(human_first_clicks) as human_clicked, 0.5 * sum(human_first_clicks) as half_human_clicked, 0.9 * sum(human_first_clicks) as most_human_clicked
  from tracking.job_hours
  group by account_id, job_id
  having sum(first_opens + human_first_opens + first_clicks + human_first_clicks) > 0
), cumulated as (
  select account_id, job_id, hour, first_opens, human_first_opens, first_clicks, human_first_clicks,
         sum(first_opens) over upto as opened, sum(human_first_opens) over upto as human_opened,
         sum(first_clicks) over upto as clicked, sum(human_first_clicks) over upto as human_clicked
  from tracking.job_hours
  window upto as (partition by account_id, job_id order by hour)
)
select
  account_id, -- MID of the business unit
  job_id, -- JobID
  nullif(total.opened, 0) as opened, -- messages opened, machines included
  min(cumulated.hour + (total.half_opened - cumulated.opened + cumulated.first_opens) / cumulated.first_opens) filter (where cumulated.opened >= total.half_opened and cumulated.opened - cumulated.first_opens < total.half_opened) as median_hours_to_open, -- half of them were opened by then
  min(cumulated.hour + (total.most_opened - cumulated.opened + cumulated.first_opens) / cumulated.first_opens) filter (where cumulated.opened >= total.most_opened and cumulated.opened - cumulated.first_opens < total.most_opened) as p90_hours_to_open, -- nine of ten were
  nullif(total.human_opened, 0) as human_opened, -- messages with an open that meets no rule
  min(cumulated.hour + (total.half_human_opened - cumulated.human_opened + cumulated.human_first_opens) / cumulated.human_first_opens) filter (where cumulated.human_opened >= total.half_human_opened and cumulated.human_opened - cumulated.human_first_opens < total.half_human_opened) as median_hours_to_human_open, -- half of them were opened by then
  min(cumulated.hour + (total.most_human_opened - cumulated.human_opened + cumulated.human_first_opens) / cumulated.human_first_opens) filter (where cumulated.human_opened >= total.most_human_opened and cumulated.human_opened - cumulated.human_first_opens < total.most_human_opened) as p90_hours_to_human_open, -- nine of ten were
  nullif(total.clicked, 0) as clicked, -- messages clicked, machines included
  min(cumulated.hour + (total.half_clicked - cumulated.clicked + cumulated.first_clicks) / cumulated.first_clicks) filter (where cumulated.clicked >= total.half_clicked and cumulated.clicked - cumulated.first_clicks < total.half_clicked) as median_hours_to_click, -- half of them were clicked by then
  min(cumulated.hour + (total.most_clicked - cumulated.clicked + cumulated.first_clicks) / cumulated.first_clicks) filter (where cumulated.clicked >= total.most_clicked and cumulated.clicked - cumulated.first_clicks < total.most_clicked) as p90_hours_to_click, -- nine of ten were
  nullif(total.human_clicked, 0) as human_clicked, -- messages with a click that meets no rule
  min(cumulated.hour + (total.half_human_clicked - cumulated.human_clicked + cumulated.human_first_clicks) / cumulated.human_first_clicks) filter (where cumulated.human_clicked >= total.half_human_clicked and cumulated.human_clicked - cumulated.human_first_clicks < total.half_human_clicked) as median_hours_to_human_click, -- half of them were clicked by then
  min(cumulated.hour + (total.most_human_clicked - cumulated.human_clicked + cumulated.human_first_clicks) / cumulated.human_first_clicks) filter (where cumulated.human_clicked >= total.most_human_clicked and cumulated.human_clicked - cumulated.human_first_clicks < total.most_human_clicked) as p90_hours_to_human_click -- nine of ten were
from total
join cumulated using (account_id, job_id)
group by account_id, job_id, total.opened, total.human_opened, total.clicked, total.human_clicked;
