-- What the rollups hold now of the same people: the difference is what the totals change by.
-- $1 account, $2 the jobs that are computed as a whole; the people touched are those of the others.
insert into pg_temp.old_message
select recipient.*
from tracking.recipients as recipient
where recipient.account_id = $1 and recipient.job_id = any ($2::bigint[])
union all
select recipient.*
from pg_temp.touched as person
join tracking.recipients as recipient
  on recipient.account_id = $1 and recipient.job_id = person.job_id
  and recipient.subscriber_key = person.subscriber_key;
