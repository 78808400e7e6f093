-- Takes a person off the days. Events of frozen jobs stay counted: what retention deleted of them is not known.
-- $1 account, $2 jobs that are not frozen, $3 now.
with moved as (
  select job_id, event_type, occurred_at as at, 1 as events, 0 as people, 0 as human_people, 0 as machine_events
  from pg_temp.erased
  where job_id = any ($2::bigint[])
  union all
  select person.job_id, kind.event_type, kind.at, 0, 1, 0, 0
  from pg_temp.person as person
  cross join lateral (values
    ('sent', person.sent_at), ('not_sent', person.not_sent_at), ('open', person.opened_at), ('click', person.clicked_at),
    ('bounce', person.bounced_at), ('unsub', person.unsubscribed_at), ('forward', person.forwarded_at),
    ('forward_opt_in', person.opted_in_at), ('survey', person.answered_at)
  ) as kind (event_type, at)
  where kind.at is not null
  union all
  select person.job_id, kind.event_type, kind.at, 0, 0, 1, 0
  from pg_temp.person as person
  cross join lateral (values ('open', person.human_opened_at), ('click', person.human_clicked_at)) as kind (event_type, at)
  where kind.at is not null
  union all
  select job_id, event_type, occurred_at, 0, 0, 0, 1
  from pg_temp.old_machine_event
), taken as (
  select moved.job_id, moved.event_type, (moved.at at time zone settings.time_zone)::date as day,
         sum(moved.events) as events, sum(moved.people) as people, sum(moved.human_people) as human_people,
         sum(moved.machine_events) as machine_events
  from moved
  cross join bi.settings
  group by moved.job_id, moved.event_type, day
), gone as (
  delete from tracking.job_days as known
  using taken
  where known.account_id = $1 and known.job_id = taken.job_id and known.event_type = taken.event_type
    and known.day = taken.day
    and known.events + known.human_people = taken.events + taken.human_people
)
update tracking.job_days as known
set events = known.events - taken.events, people = known.people - taken.people,
    human_people = known.human_people - taken.human_people,
    machine_events = known.machine_events - taken.machine_events, changed_at = $3::timestamptz
from taken
where known.account_id = $1 and known.job_id = taken.job_id and known.event_type = taken.event_type
  and known.day = taken.day
  and known.events + known.human_people > taken.events + taken.human_people;
