-- What the rollups hold now of the same people: the difference is what the totals change by.
-- $1 account, $2 the jobs that are computed as a whole; the people touched are those of the others.
insert into pg_temp.old_message
select recipient.*
from tracking.recipients as recipient
where recipient.account_id = $1 and recipient.job_id = any ($2::bigint[])
union all
select recipient.*
from pg_temp.touched as person
-- Each by the primary key: the planner would rather merge with all recipients, in the order of people.
cross join lateral (
  select known.*
  from tracking.recipients as known
  where known.account_id = $1 and known.job_id = person.job_id and known.subscriber_key = person.subscriber_key
  offset 0) as recipient;
