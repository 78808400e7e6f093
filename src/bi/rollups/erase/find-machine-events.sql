-- Reads the machine events of the messages that have some.
-- Reads the primary key of machine_events, for each message by itself: Postgres would join with all machine events.
insert into pg_temp.old_machine_event
select distinct event.*
from pg_temp.old_message as old
cross join lateral (values
  ('open', old.first_open_at, old.last_open_at, old.opens - old.human_opens),
  ('click', old.first_click_at, old.last_click_at, old.clicks - old.human_clicks)
) as kind (event_type, first_at, last_at, machines)
cross join lateral (
  select known.*
  from tracking.machine_events as known
  where known.account_id = old.account_id and known.job_id = old.job_id and known.event_type = kind.event_type
    and known.occurred_at between kind.first_at and kind.last_at and known.subscriber_key = old.subscriber_key
  offset 0) as event
where kind.machines > 0;
