-- How do opens and clicks of a job come in, hour by hour since each person's own message was sent?
with asked as (select 1::bigint as account_id, 10::bigint as job_id)
select hours.hour, hours.human_opens, hours.human_clicks, hours.first_opens_until
from asked
join bi.hourly_since_send as hours using (account_id, job_id)
order by hours.hour;
