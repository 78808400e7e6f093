-- People by how long ago they last opened or clicked, in days of REPORTING_TIMEZONE until today. Only people who were sent
-- a message and have not unsubscribed from everything, as far as events tell. Both counts are over the same people:
-- once by all events, once by those that meet no rule.
create or replace view bi.engagement_segments with (security_invoker = true) as
with edge as materialized (
  select (days.today - 30)::timestamp at time zone days.time_zone as from_30, (days.today - 90)::timestamp at time zone days.time_zone as from_90, (days.today - 180)::timestamp at time zone days.time_zone as from_180
  from (select (now() at time zone time_zone)::date as today, time_zone from bi.settings) as days
), counted as (
  select people.account_id, segment_of.all_events, segment_of.human_events, count(*) as people
  from tracking.subscribers as people
  cross join edge
  cross join lateral (select greatest(people.last_open_at, people.last_click_at) as at, greatest(people.last_human_open_at, people.last_human_click_at) as human_at) as last
  cross join lateral (select
    case when last.at is null then 5 when last.at >= edge.from_30 then 1 when last.at >= edge.from_90 then 2 when last.at >= edge.from_180 then 3 else 4 end as all_events,
    case when last.human_at is null then 5 when last.human_at >= edge.from_30 then 1 when last.human_at >= edge.from_90 then 2 when last.human_at >= edge.from_180 then 3 else 4 end as human_events) as segment_of
  where people.sent > 0 and people.unsubscribed_from_all_at is null
  group by people.account_id, segment_of.all_events, segment_of.human_events
)
select
  counted.account_id, -- MID of the business unit
  segment.position, -- to sort by
  segment.name as segment, -- days since the last open or click: 0-30, 31-90, 91-180, more than 180, or never
  coalesce(sum(counted.people) filter (where counted.all_events = segment.position), 0)::bigint as people, -- by all opens and clicks
  coalesce(sum(counted.people) filter (where counted.human_events = segment.position), 0)::bigint as human_people -- by opens and clicks that meet no rule of bi.engagement_rules
from counted
cross join (values (1, '0-30'), (2, '31-90'), (3, '91-180'), (4, 'more than 180'), (5, 'never')) as segment (position, name)
group by counted.account_id, segment.position, segment.name;
