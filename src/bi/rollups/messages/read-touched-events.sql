-- Reads the opens and clicks of the people that are touched, where a line can have changed them or what they mean.
-- $1 account, $2 jobs whose opens are read, $3 jobs whose clicks are, $4 and $5 bounds of their events.
-- Reads <table>_identity of the months between the bounds.
insert into pg_temp.touched_event (job_id, batch_id, subscriber_key, event_type, occurred_at, url_id, event_hash)
select event.job_id, coalesce(event.batch_id, 0), event.subscriber_key, event.event_type, event.occurred_at, event.url_id,
       event.event_hash
from bi.all_events as event
where event.account_id = $1 and event.occurred_at between $4 and $5
  and (event.event_type = 'open' and cardinality($2::bigint[]) > 0 and event.job_id = any ($2::bigint[])
       or event.event_type = 'click' and cardinality($3::bigint[]) > 0 and event.job_id = any ($3::bigint[]))
  and (event.job_id, event.subscriber_key) in (
    select person.job_id, person.subscriber_key from pg_temp.touched as person);
