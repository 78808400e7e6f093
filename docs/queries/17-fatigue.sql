-- Who got more than N messages within so few days, over all jobs?
with asked as (select 1::bigint as account_id, timestamptz '2026-06-11Z' as as_of, 14 as days, 1 as more_than)
select recipient.subscriber_key, count(*) as messages
from asked
join tracking.recipients as recipient using (account_id)
where recipient.sent_at >= asked.as_of - make_interval(days => asked.days) and recipient.sent_at < asked.as_of
group by recipient.subscriber_key, asked.more_than
having count(*) > asked.more_than
order by messages desc, recipient.subscriber_key;
