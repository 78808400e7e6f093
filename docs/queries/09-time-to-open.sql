-- How long did it take people to open and to click a job: the exact median and 90th percentile. Machines are left out;
-- privacy proxies cannot be.
with asked as (select 1::bigint as account_id, 10::bigint as job_id)
select percentile_cont(0.5) within group (order by recipient.first_human_open_at - recipient.sent_at) as median_to_open,
       percentile_cont(0.9) within group (order by recipient.first_human_open_at - recipient.sent_at) as p90_to_open,
       percentile_cont(0.5) within group (order by recipient.first_human_click_at - recipient.sent_at) as median_to_click
from asked
join tracking.recipients as recipient using (account_id, job_id)
where recipient.sent_at is not null;
