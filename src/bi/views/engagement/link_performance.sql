-- The click map: one row per job and link, with what was loaded and Marketing Cloud’s own counters. A personalised link
-- is one row: it is counted by its id, not by its text.
create or replace view bi.link_performance with (security_invoker = true) as
select
  coalesce(total.account_id, link.account_id) as account_id, -- MID of the business unit
  coalesce(total.job_id, link.job_id) as job_id, -- JobID
  coalesce(total.url_id, link.url_id) as url_id, -- the link; 0 where clicks name none
  coalesce(nullif(link.alias, ''), link.url) as link_name, -- its alias, or else its URL; NULL until links of the job were read
  link.url, -- the link before personalisation
  coalesce(total.clicks, 0) as clicks, -- clicks
  coalesce(total.clicks - total.machine_clicks, 0) as human_clicks, -- clicks that meet no rule
  coalesce(total.machine_clicks, 0) as machine_clicks, -- clicks that meet a rule
  coalesce(total.clickers, 0) as clickers, -- people who clicked it
  coalesce(total.human_clickers, 0) as human_clickers, -- people with a click that meets no rule
  total.clicks / nullif(sum(total.clicks) over job, 0) as share_of_clicks, -- of the job’s clicks
  (total.clicks - total.machine_clicks) / nullif(sum(total.clicks - total.machine_clicks) over job, 0) as share_of_human_clicks, -- of the job’s clicks that meet no rule
  total.first_click_at, -- first click
  total.last_click_at, -- latest click
  link.total_clicks, -- Link.TotalClicks, Marketing Cloud’s own count
  link.unique_clicks, -- Link.UniqueClicks, Marketing Cloud’s own count
  link.counters_at, -- when those were read
  unit.name as account_name -- name of the business unit
from tracking.link_totals as total
full join tracking.links as link
  on link.account_id = total.account_id and link.job_id = total.job_id and link.url_id = total.url_id
left join tracking.business_units as unit on unit.account_id = coalesce(total.account_id, link.account_id)
window job as (partition by coalesce(total.account_id, link.account_id), coalesce(total.job_id, link.job_id));
