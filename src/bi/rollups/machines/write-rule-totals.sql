-- Counts the machine events by the rule that they meet: a job that is computed in part changes by the difference between
-- the events of the people that are touched now and before.
-- $1 account, $2 jobs that are computed in part, $3 jobs that are computed as a whole, $4 now.
with met as (
  select 1 as sign, event.job_id, event.event_type, event.subscriber_key, reason.rule
  from pg_temp.reaction as event
  cross join lateral unnest(event.reasons) as reason (rule)
  where event.reasons <> '{}'
  union all
  select -1, event.job_id, event.event_type, event.subscriber_key, reason.rule
  from pg_temp.old_machine_event as event
  cross join lateral unnest(event.reasons) as reason (rule)
  where event.job_id = any ($2::bigint[])
), person as (
  select sign, job_id, event_type, rule, subscriber_key, count(*) as events
  from met
  group by sign, job_id, event_type, rule, subscriber_key
), changed as (
  select job_id, event_type, rule, sum(sign * events) as events, sum(sign) as people
  from person
  group by job_id, event_type, rule
), merged as (
  select changed.job_id, changed.event_type, changed.rule,
         (changed.events + coalesce(known.events, 0))::bigint as events,
         (changed.people + coalesce(known.people, 0))::bigint as people
  from changed
  left join tracking.rule_totals as known
    on changed.job_id = any ($2::bigint[]) and known.account_id = $1 and known.job_id = changed.job_id
    and known.event_type = changed.event_type and known.rule = changed.rule
), gone as (
  delete from tracking.rule_totals as known
  where known.account_id = $1
    and (known.job_id = any ($3::bigint[])
           and (known.job_id, known.event_type, known.rule) not in (select job_id, event_type, rule from merged)
         or (known.job_id, known.event_type, known.rule) in (
           select job_id, event_type, rule from merged where events = 0))
)
insert into tracking.rule_totals as known (account_id, job_id, event_type, rule, events, people, changed_at)
select $1, job_id, event_type, rule, events, people, $4::timestamptz
from merged
where events > 0
on conflict (account_id, job_id, event_type, rule) do update
set events = excluded.events, people = excluded.people, changed_at = excluded.changed_at
where (known.events, known.people) is distinct from (excluded.events, excluded.people);
