-- Finds where the events of a person are: instants that the messages name, and spans that hold more events than the two
-- at their ends. Events of frozen jobs that were loaded after the freeze are in no message.
-- $1 account, $2 the person.
with reached as (
  select old.job_id, kind.event_type, kind.first_at, kind.last_at, kind.events
  from pg_temp.old_message as old
  cross join lateral (values
    ('sent', old.sent_at, old.last_sent_at, null),
    ('not_sent', old.not_sent_at, old.last_not_sent_at, null),
    ('open', old.first_open_at, old.last_open_at, old.opens),
    ('click', old.first_click_at, old.last_click_at, old.clicks),
    ('bounce', old.bounced_at, old.last_bounced_at, old.hard_bounces + old.soft_bounces + old.other_bounces),
    ('unsub', old.unsubscribed_at, old.last_unsubscribed_at, old.unsubscribes),
    ('forward', old.first_forward_at, old.last_forward_at, old.forwards),
    ('forward_opt_in', old.first_forward_opt_in_at, old.last_forward_opt_in_at, old.forward_opt_ins),
    ('survey', old.first_survey_at, old.last_survey_at, old.survey_answers)
  ) as kind (event_type, first_at, last_at, events)
  where kind.first_at is not null
), known as (
  insert into pg_temp.instant (event_type, job_id, occurred_at)
  select distinct reached.event_type, reached.job_id, reach.occurred_at
  from reached
  cross join lateral (values (reached.first_at), (reached.last_at)) as reach (occurred_at)
)
insert into pg_temp.span (event_type, job_id, first_at, last_at)
select event_type, job_id, min(first_at), max(last_at)
from reached
where first_at < last_at and coalesce(events, 3) > 2
group by event_type, job_id
union all
select kind.event_type, frozen.job_id, frozen.first_at, frozen.last_at
from pipeline.frozen_people as frozen
cross join unnest(array[
  'sent', 'not_sent', 'open', 'click', 'bounce', 'unsub', 'forward', 'forward_opt_in', 'survey']) as kind (event_type)
where frozen.account_id = $1 and frozen.subscriber_key = $2;
