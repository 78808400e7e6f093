-- People by how long ago they last opened or clicked, in days of REPORTING_TIMEZONE until today. Only people who were sent
-- a message and have not unsubscribed from everything, as far as events tell. Both counts are over the same people:
-- once by all events, once by those that meet no rule.
create or replace view bi.engagement_segments with (security_invoker = true) as
with counted as (
  select known.account_id,
         case when known.day = '-infinity' then 5 when known.day >= calendar.today - 30 then 1 when known.day >= calendar.today - 90 then 2 when known.day >= calendar.today - 180 then 3 else 4 end as position,
         known.people, known.human_people
  from tracking.engagement_days as known
  cross join (select (now() at time zone time_zone)::date as today from bi.settings) as calendar
)
select
  counted.account_id, -- MID of the business unit
  segment.position, -- to sort by
  segment.name as segment, -- days since the last open or click: 0-30, 31-90, 91-180, more than 180, or never
  coalesce(sum(counted.people) filter (where counted.position = segment.position), 0)::bigint as people, -- by all opens and clicks
  coalesce(sum(counted.human_people) filter (where counted.position = segment.position), 0)::bigint as human_people -- by opens and clicks that meet no rule of bi.engagement_rules
from counted
cross join (values (1, '0-30'), (2, '31-90'), (3, '91-180'), (4, 'more than 180'), (5, 'never')) as segment (position, name)
group by counted.account_id, segment.position, segment.name;
