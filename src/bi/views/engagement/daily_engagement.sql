-- Events by account and day, over all jobs. Days begin at midnight in REPORTING_TIMEZONE: on the nights when clocks change
-- a day has 23 or 25 hours. People are counted on the day of their first event in a job; a person with two jobs counts
-- twice, so that unique people over several jobs cannot be read here.
create or replace view bi.daily_engagement with (security_invoker = true) as
select
  account_id, -- MID of the business unit
  day, -- day in REPORTING_TIMEZONE
  coalesce(sum(events) filter (where event_type = 'sent'), 0)::bigint as sent, -- sent events
  coalesce(sum(events) filter (where event_type = 'not_sent'), 0)::bigint as not_sent, -- messages held back
  coalesce(sum(events) filter (where event_type = 'open'), 0)::bigint as opens, -- opens
  coalesce(sum(events - machine_events) filter (where event_type = 'open'), 0)::bigint as human_opens, -- opens that meet no rule; an upper bound, privacy proxies are among them
  coalesce(sum(machine_events) filter (where event_type = 'open'), 0)::bigint as machine_opens, -- opens that meet a rule
  coalesce(sum(people) filter (where event_type = 'open'), 0)::bigint as unique_opens, -- first opens of a person in a job
  coalesce(sum(human_people) filter (where event_type = 'open'), 0)::bigint as human_unique_opens, -- first human opens or clicks of a person in a job
  coalesce(sum(events) filter (where event_type = 'click'), 0)::bigint as clicks, -- clicks
  coalesce(sum(events - machine_events) filter (where event_type = 'click'), 0)::bigint as human_clicks, -- clicks that meet no rule
  coalesce(sum(machine_events) filter (where event_type = 'click'), 0)::bigint as machine_clicks, -- clicks that meet a rule
  coalesce(sum(people) filter (where event_type = 'click'), 0)::bigint as unique_clicks, -- first clicks of a person in a job
  coalesce(sum(human_people) filter (where event_type = 'click'), 0)::bigint as human_unique_clicks, -- first human clicks of a person in a job
  coalesce(sum(events) filter (where event_type = 'bounce'), 0)::bigint as bounces, -- bounce events; retries of one message each count
  coalesce(sum(events) filter (where event_type = 'unsub'), 0)::bigint as unsubscribes, -- unsubscribes
  coalesce(sum(events) filter (where event_type = 'forward'), 0)::bigint as forwards, -- forwards to a friend
  coalesce(sum(events) filter (where event_type = 'forward_opt_in'), 0)::bigint as forward_opt_ins, -- opt-ins of friends
  coalesce(sum(events) filter (where event_type = 'survey'), 0)::bigint as survey_answers -- survey answers
from tracking.job_days
group by account_id, day;
