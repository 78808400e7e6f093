-- How did each job do: sent, delivered, unique opens and clicks, click-to-open, unsubscribe rate, with names? From counts made
-- before joining: joining events with events multiplies them.
with asked as (select 1::bigint as account_id, date '2026-01-01' as from_day, date '2027-01-01' as before_day)
select job.job_id, job.email_name, job.subject, job.sent, job.delivered, job.unique_opens, job.unique_clicks,
       round(job.click_to_open_rate_of_engaged, 4) as click_to_open_rate, round(job.unsubscribe_rate, 4) as unsubscribe_rate
from asked
join bi.job_performance as job using (account_id)
where job.day >= asked.from_day and job.day < asked.before_day
order by job.day, job.job_id;
