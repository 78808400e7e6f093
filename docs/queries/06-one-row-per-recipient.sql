-- What happened to each message of a job? One row for each message sent.
with asked as (select 1::bigint as account_id, 10::bigint as job_id)
select recipient.subscriber_key, recipient.batch_id, recipient.sent_at, recipient.first_open_at, recipient.first_click_at,
       recipient.bounced_at, recipient.bounce_kind, recipient.unsubscribed_at
from asked
join tracking.recipients as recipient using (account_id, job_id)
where recipient.sent_at is not null
order by recipient.subscriber_key, recipient.batch_id;
