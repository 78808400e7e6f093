-- Which subject line did better? Open rate with its 95 % interval: where two intervals overlap, nothing is proven.
with asked as (select 1::bigint as account_id, 'Newsletter' as email_name)
select job.subject, sum(job.delivered) as delivered, sum(job.human_opened) as opened, round(rate.open_rate, 4) as open_rate,
       round(greatest(rate.open_rate - 1.96 * sqrt(rate.open_rate * (1 - rate.open_rate) / sum(job.delivered)), 0), 4) as at_least,
       round(least(rate.open_rate + 1.96 * sqrt(rate.open_rate * (1 - rate.open_rate) / sum(job.delivered)), 1), 4) as at_most
from asked
join bi.job_performance as job using (account_id, email_name)
cross join lateral (
  select sum(same.human_opened)::numeric / nullif(sum(same.delivered), 0) as open_rate
  from bi.job_performance as same
  where same.account_id = job.account_id and same.email_name = job.email_name and same.subject = job.subject) as rate
where job.delivered > 0
group by job.subject, rate.open_rate
order by rate.open_rate desc, job.subject;
