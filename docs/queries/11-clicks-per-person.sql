-- How often did each person click in a job, and on how many different links?
with asked as (select 1::bigint as account_id, 10::bigint as job_id)
select event.subscriber_key, count(*) as clicks, count(distinct event.url_id) as different_links
from asked
join tracking.click_events as event using (account_id, job_id)
group by event.subscriber_key
order by event.subscriber_key;
