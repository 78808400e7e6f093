-- Finds the people whose messages a change touched: everybody with an event inside the span of a line.
-- $1 account, $2 jobs that are computed in part, $3 and $4 bounds of their lines, $5 types of their lines.
-- Reads <table>_identity of the months between the bounds.
insert into pg_temp.touched (job_id, subscriber_key)
select distinct event.job_id, event.subscriber_key
from pg_temp.dirty as line
join bi.all_events as event
  on event.job_id = line.job_id and event.event_type = line.event_type
  and event.occurred_at between line.first_at and line.last_at
where event.account_id = $1 and event.job_id = any ($2::bigint[]) and event.event_type = any ($5::text[])
  and event.occurred_at between $3 and $4 and event.subscriber_key is not null;
