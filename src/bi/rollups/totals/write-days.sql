-- Writes the days that differ. Events are counted again for the days that the lines of the log span; people and
-- machines change by the difference between the messages now and before.
-- $1 account, $2 jobs that are computed in part, $3 jobs that are computed as a whole, $4 and $5 bounds of their events,
-- $6 now, $7 and $8 bounds of the lines of the jobs that are computed in part, $9 their types.
with counted as (
  -- Quarters of an hour first: every time zone begins its days at one, and converting them all would cost most.
  select job_id, 'sent' as event_type, date_bin('15 minutes', occurred_at, timestamptz '2000-01-01Z') as quarter,
         count(*) as events, min(occurred_at) as first_at, max(occurred_at) as last_at
  from tracking.sent_events
  where cardinality($3::bigint[]) > 0 and account_id = $1 and job_id = any ($3::bigint[]) and occurred_at between $4 and $5
  group by job_id, quarter
  union all
  -- if not_sent
  select job_id, 'not_sent', date_bin('15 minutes', occurred_at, timestamptz '2000-01-01Z') as quarter,
         count(*), min(occurred_at), max(occurred_at)
  from tracking.not_sent_events
  where cardinality($3::bigint[]) > 0 and account_id = $1 and job_id = any ($3::bigint[]) and occurred_at between $4 and $5
  group by job_id, quarter
  union all
  -- if open
  select job_id, 'open', date_bin('15 minutes', occurred_at, timestamptz '2000-01-01Z') as quarter,
         count(*), min(occurred_at), max(occurred_at)
  from tracking.open_events
  where cardinality($3::bigint[]) > 0 and account_id = $1 and job_id = any ($3::bigint[]) and occurred_at between $4 and $5
  group by job_id, quarter
  union all
  -- if click
  select job_id, 'click', date_bin('15 minutes', occurred_at, timestamptz '2000-01-01Z') as quarter,
         count(*), min(occurred_at), max(occurred_at)
  from tracking.click_events
  where cardinality($3::bigint[]) > 0 and account_id = $1 and job_id = any ($3::bigint[]) and occurred_at between $4 and $5
  group by job_id, quarter
  union all
  -- if bounce
  select job_id, 'bounce', date_bin('15 minutes', occurred_at, timestamptz '2000-01-01Z') as quarter,
         count(*), min(occurred_at), max(occurred_at)
  from tracking.bounce_events
  where cardinality($3::bigint[]) > 0 and account_id = $1 and job_id = any ($3::bigint[]) and occurred_at between $4 and $5
  group by job_id, quarter
  union all
  -- if unsub
  select job_id, 'unsub', date_bin('15 minutes', occurred_at, timestamptz '2000-01-01Z') as quarter,
         count(*), min(occurred_at), max(occurred_at)
  from tracking.unsub_events
  where cardinality($3::bigint[]) > 0 and account_id = $1 and job_id = any ($3::bigint[]) and occurred_at between $4 and $5
  group by job_id, quarter
  union all
  -- if forward
  select job_id, 'forward', date_bin('15 minutes', occurred_at, timestamptz '2000-01-01Z') as quarter,
         count(*), min(occurred_at), max(occurred_at)
  from tracking.forward_events
  where cardinality($3::bigint[]) > 0 and account_id = $1 and job_id = any ($3::bigint[]) and occurred_at between $4 and $5
  group by job_id, quarter
  union all
  -- if forward_opt_in
  select job_id, 'forward_opt_in', date_bin('15 minutes', occurred_at, timestamptz '2000-01-01Z') as quarter,
         count(*), min(occurred_at), max(occurred_at)
  from tracking.forward_opt_in_events
  where cardinality($3::bigint[]) > 0 and account_id = $1 and job_id = any ($3::bigint[]) and occurred_at between $4 and $5
  group by job_id, quarter
  union all
  -- if survey
  select job_id, 'survey', date_bin('15 minutes', occurred_at, timestamptz '2000-01-01Z') as quarter,
         count(*), min(occurred_at), max(occurred_at)
  from tracking.survey_events
  where cardinality($3::bigint[]) > 0 and account_id = $1 and job_id = any ($3::bigint[]) and occurred_at between $4 and $5
  group by job_id, quarter
  union all
  -- if lines
  -- No day is longer than 26 hours.
  select event.job_id, event.event_type, date_bin('15 minutes', event.occurred_at, timestamptz '2000-01-01Z') as quarter,
         count(*), min(event.occurred_at), max(event.occurred_at)
  from pg_temp.dirty as line
  join bi.all_events as event
    on event.job_id = line.job_id and event.event_type = line.event_type
    and event.occurred_at between line.first_at - interval '26 hours' and line.last_at + interval '26 hours'
  where event.account_id = $1 and event.job_id = any ($2::bigint[]) and event.event_type = any ($9::text[])
    and event.occurred_at between $7::timestamptz - interval '26 hours' and $8::timestamptz + interval '26 hours'
  group by event.job_id, event.event_type, quarter
), recounted as (
  select counted.job_id, counted.event_type, (counted.quarter at time zone settings.time_zone)::date as day,
         sum(counted.events)::bigint as events, min(counted.first_at) as first_at, max(counted.last_at) as last_at
  from counted
  cross join bi.settings
  left join pg_temp.dirty as line on line.job_id = counted.job_id and line.event_type = counted.event_type
  where counted.job_id = any ($3::bigint[])
    or (counted.quarter at time zone settings.time_zone)::date
      between (line.first_at at time zone settings.time_zone)::date and (line.last_at at time zone settings.time_zone)::date
  group by counted.job_id, counted.event_type, day
), moved as (
  select job_id, event_type, date_bin('15 minutes', at, timestamptz '2000-01-01Z') as quarter,
         sum(people) as people, sum(human_people) as human_people, 0::bigint as machine_events
  from (
    select job_id, 'sent' as event_type, sent_at as at, sign as people, 0 as human_people
    from pg_temp.person where sent_at is not null
    union all
    -- if moved not_sent
    select job_id, 'not_sent', not_sent_at, sign, 0 from pg_temp.person where not_sent_at is not null
    union all
    -- if moved open
    select job_id, 'open', opened_at, sign, 0 from pg_temp.person where opened_at is not null
    union all
    -- if moved click
    select job_id, 'click', clicked_at, sign, 0 from pg_temp.person where clicked_at is not null
    union all
    -- if moved bounce
    select job_id, 'bounce', bounced_at, sign, 0 from pg_temp.person where bounced_at is not null
    union all
    -- if moved unsub
    select job_id, 'unsub', unsubscribed_at, sign, 0 from pg_temp.person where unsubscribed_at is not null
    union all
    -- if moved forward
    select job_id, 'forward', forwarded_at, sign, 0 from pg_temp.person where forwarded_at is not null
    union all
    -- if moved forward_opt_in
    select job_id, 'forward_opt_in', opted_in_at, sign, 0 from pg_temp.person where opted_in_at is not null
    union all
    -- if moved survey
    select job_id, 'survey', answered_at, sign, 0 from pg_temp.person where answered_at is not null
    union all
    -- if reactions
    select job_id, 'open', human_opened_at, 0, sign from pg_temp.person where human_opened_at is not null
    union all
    -- if reactions
    select job_id, 'click', human_clicked_at, 0, sign from pg_temp.person where human_clicked_at is not null
  ) as first
  group by job_id, event_type, quarter
  union all
  -- if reactions
  select job_id, event_type, date_bin('15 minutes', occurred_at, timestamptz '2000-01-01Z') as quarter,
         0, 0, sum(sign)
  from (
    select 1 as sign, job_id, event_type, occurred_at from pg_temp.reaction where reasons <> '{}'
    union all
    select -1, job_id, event_type, occurred_at from pg_temp.old_machine_event where job_id = any ($2::bigint[])
  ) as machine
  group by job_id, event_type, quarter
), changed as (
  select moved.job_id, moved.event_type, (moved.quarter at time zone settings.time_zone)::date as day,
         sum(moved.people)::bigint as people, sum(moved.human_people)::bigint as human_people,
         sum(moved.machine_events)::bigint as machine_events
  from moved
  cross join bi.settings
  group by moved.job_id, moved.event_type, day
), merged as (
  select job_id, event_type, day,
         coalesce(recounted.events, base.events, 0) as events,
         coalesce(base.people, 0) + coalesce(changed.people, 0) as people,
         coalesce(base.machine_events, 0) + coalesce(changed.machine_events, 0) as machine_events,
         coalesce(base.human_people, 0) + coalesce(changed.human_people, 0) as human_people,
         coalesce(recounted.first_at, base.first_at) as first_at,
         coalesce(recounted.last_at, base.last_at) as last_at
  from recounted
  full join changed using (job_id, event_type, day)
  left join (
    select job_id, event_type, day, events, people, machine_events, human_people, first_at, last_at
    from tracking.job_days
    where account_id = $1 and job_id = any ($2::bigint[])
  ) as base using (job_id, event_type, day)
), gone as (
  delete from tracking.job_days as known
  where known.account_id = $1 and known.job_id = any ($2::bigint[] || $3::bigint[])
    and case
      when known.job_id = any ($3::bigint[]) then not exists (
        select from merged
        where merged.job_id = known.job_id and merged.event_type = known.event_type and merged.day = known.day
          and merged.events + merged.people + merged.machine_events + merged.human_people > 0)
      else exists (
        select from merged
        where merged.job_id = known.job_id and merged.event_type = known.event_type and merged.day = known.day
          and merged.events + merged.people + merged.machine_events + merged.human_people = 0)
    end
)
insert into tracking.job_days as known
  (account_id, job_id, event_type, day, events, people, machine_events, human_people, first_at, last_at, changed_at)
select $1, job_id, event_type, day, events, people, machine_events, human_people, first_at, last_at, $6::timestamptz
from merged
-- A day without opens can have people whom a click shows to have opened; a day whose lines are not taken yet can have
-- people of whom messages know already.
where events + people + machine_events + human_people > 0
on conflict (account_id, job_id, event_type, day) do update
set events = excluded.events, people = excluded.people, machine_events = excluded.machine_events,
    human_people = excluded.human_people, first_at = excluded.first_at, last_at = excluded.last_at,
    changed_at = excluded.changed_at
where (known.events, known.people, known.machine_events, known.human_people, known.first_at, known.last_at)
  is distinct from (excluded.events, excluded.people, excluded.machine_events, excluded.human_people,
                    excluded.first_at, excluded.last_at);
