-- Where in the mail do people click? Links by their id, so that personalised URLs are one row.
with asked as (select 1::bigint as account_id, 10::bigint as job_id)
select link.link_name, link.clicks, link.clickers, link.human_clicks, round(link.share_of_human_clicks, 4) as share
from asked
join bi.link_performance as link using (account_id, job_id)
order by link.human_clicks desc, link.url_id;
