-- How does each triggered or journey email perform? By definition, because publishing again makes a new job. People count
-- once for each job.
with asked as (select 1::bigint as account_id, date '2026-06-01' as from_day, date '2026-07-01' as before_day)
select send.customer_key, send.name, sum(send.sent) as sent, sum(send.unique_opens) as unique_opens,
       sum(send.unique_clicks) as unique_clicks, round(sum(send.unique_opens) / nullif(sum(send.sent), 0), 4) as opens_of_sent
from asked
join bi.triggered_send_days as send using (account_id)
where send.day >= asked.from_day and send.day < asked.before_day
group by send.customer_key, send.name
order by sent desc, send.customer_key;
