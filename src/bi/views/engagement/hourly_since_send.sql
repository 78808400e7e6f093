-- Opens and clicks by job and whole hours since each person’s own message was sent. Messages without a sent event are
-- left out. Hour 0 also has what happened before the sent event; hour 720 is 30 days or more.
create or replace view bi.hourly_since_send with (security_invoker = true) as
select
  account_id, -- MID of the business unit
  job_id, -- JobID
  hour, -- whole hours since the person’s own message was sent
  opens, -- opens
  opens - machine_opens as human_opens, -- opens that meet no rule; an upper bound, privacy proxies are among them
  machine_opens, -- opens that meet a rule
  first_opens, -- messages first opened in this hour
  human_first_opens, -- messages whose first open that meets no rule fell into this hour
  sum(first_opens) over past as first_opens_until, -- messages first opened up to the end of this hour
  clicks, -- clicks
  clicks - machine_clicks as human_clicks, -- clicks that meet no rule
  machine_clicks, -- clicks that meet a rule
  first_clicks, -- messages first clicked in this hour
  human_first_clicks, -- messages whose first click that meets no rule fell into this hour
  sum(first_clicks) over past as first_clicks_until -- messages first clicked up to the end of this hour
from tracking.job_hours
window past as (partition by account_id, job_id order by hour);
