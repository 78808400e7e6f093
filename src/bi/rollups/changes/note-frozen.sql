-- Notes the people with events of frozen jobs that the log's lines span: they are in no message, and forget finds them here.
-- $1 account.
-- Reads <table>_identity of the months of the lines.
insert into pipeline.frozen_people as known (account_id, subscriber_key, job_id, first_at, last_at)
select event.account_id, event.subscriber_key, event.job_id, min(event.occurred_at), max(event.occurred_at)
from pg_temp.frozen_line as line
join bi.all_events as event
  on event.job_id = line.job_id and event.event_type = line.event_type
  and event.occurred_at between line.first_at and line.last_at
where event.account_id = $1 and event.subscriber_key is not null
group by event.account_id, event.subscriber_key, event.job_id
on conflict (account_id, subscriber_key, job_id) do update
set first_at = least(known.first_at, excluded.first_at), last_at = greatest(known.last_at, excluded.last_at)
where known.first_at > excluded.first_at or known.last_at < excluded.last_at;
