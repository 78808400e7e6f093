-- Counts people by the day of their last open or click, and writes what differs: adds the difference between the people
-- that changed now and before, or counts everybody again.
-- $1 account, $2 true: everybody; false: those of pg_temp.changed_person.
with person as (
  select last_open_at, last_click_at, last_human_open_at, last_human_click_at
  from tracking.subscribers
  where $2 and account_id = $1 and sent > 0 and unsubscribed_from_all_at is null
  union all
  select known.last_open_at, known.last_click_at, known.last_human_open_at, known.last_human_click_at
  from pg_temp.changed_person as changed
  cross join lateral (
    select person.last_open_at, person.last_click_at, person.last_human_open_at, person.last_human_click_at
    from tracking.subscribers as person
    where person.account_id = $1 and person.subscriber_key = changed.subscriber_key
      and person.sent > 0 and person.unsubscribed_from_all_at is null
    offset 0) as known
  where not $2
), entry as (
  select coalesce((greatest(last_open_at, last_click_at) at time zone settings.time_zone)::date, '-infinity') as day,
         1 as people, 0 as human_people
  from person
  cross join bi.settings
  union all
  select coalesce((greatest(last_human_open_at, last_human_click_at) at time zone settings.time_zone)::date, '-infinity'),
         0, 1
  from person
  cross join bi.settings
  union all
  select day, -1, 0 from pg_temp.changed_person where not $2 and day is not null
  union all
  select human_day, 0, -1 from pg_temp.changed_person where not $2 and human_day is not null
), changed as (
  select day, sum(people) as people, sum(human_people) as human_people
  from entry
  group by day
  having $2 or sum(people) <> 0 or sum(human_people) <> 0
), merged as (
  select changed.day, (changed.people + coalesce(known.people, 0))::bigint as people,
         (changed.human_people + coalesce(known.human_people, 0))::bigint as human_people
  from changed
  left join tracking.engagement_days as known on not $2 and known.account_id = $1 and known.day = changed.day
), gone as (
  delete from tracking.engagement_days as known
  where known.account_id = $1 and case
    when $2 then known.day not in (select merged.day from merged)
    else known.day in (select merged.day from merged where merged.people = 0 and merged.human_people = 0)
  end
)
insert into tracking.engagement_days as known (account_id, day, people, human_people)
select $1, day, people, human_people
from merged
where people > 0 or human_people > 0
on conflict (account_id, day) do update
set people = excluded.people, human_people = excluded.human_people
where (known.people, known.human_people) is distinct from (excluded.people, excluded.human_people);
