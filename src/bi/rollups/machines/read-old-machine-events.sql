-- The machine events that the rollups hold now of the same people.
-- $1 account, $2 jobs, $3 those of them that are computed as a whole.
insert into pg_temp.old_machine_event
select event.*
from tracking.machine_events as event
where event.account_id = $1 and event.job_id = any ($2::bigint[])
  and (event.job_id = any ($3::bigint[])
       or (event.job_id, event.subscriber_key) in (
         select person.job_id, person.subscriber_key from pg_temp.touched as person));
