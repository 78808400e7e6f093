-- Which newsletters of a month had more than N openers? Test sends are not marked over the SOAP API: they are known by
-- their names or by how few they went to.
with asked as (
  select 1::bigint as account_id, date '2026-10-01' as month, 1 as more_than, '%test%' as tests_are_named, 2 as least_sent)
select job.job_id, job.email_name, job.subject, job.sent, job.unique_opens
from asked
join bi.job_performance as job using (account_id)
where not job.is_triggered and date_trunc('month', job.day)::date = asked.month and job.unique_opens > asked.more_than
  and job.sent >= asked.least_sent and coalesce(job.email_name, '') not ilike asked.tests_are_named
order by job.unique_opens desc, job.job_id;
