-- The machine events that the rollups hold now of the same people.
-- $1 account, $2 jobs that are computed as a whole, and of the others $3 those whose opens are counted again, $4 those
-- whose clicks are.
insert into pg_temp.old_machine_event
select event.*
from tracking.machine_events as event
where event.account_id = $1 and event.job_id = any ($2::bigint[])
union all
select event.*
from tracking.machine_events as event
where event.account_id = $1 and event.job_id = any ($3::bigint[] || $4::bigint[])
  and event.job_id = any (case event.event_type when 'open' then $3::bigint[] else $4::bigint[] end)
  and (event.job_id, event.subscriber_key) in (
    select person.job_id, person.subscriber_key from pg_temp.touched as person);
