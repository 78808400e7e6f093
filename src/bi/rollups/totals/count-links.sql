-- The number of links that the rules will count with; links that are read from now on mark the job again.
-- $1 account, $2 jobs.
insert into pg_temp.known_link (job_id, links)
select job_id, count(*)
from tracking.links
where account_id = $1 and job_id = any ($2::bigint[])
group by job_id;
