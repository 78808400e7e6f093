-- Who got a job and neither opened nor clicked it? Leaves out bounces and people who unsubscribed since.
-- An open is proven by a click as well: images may be blocked.
with asked as (select 1::bigint as account_id, 11::bigint as job_id)
select recipient.subscriber_key, recipient.sent_at
from asked
join tracking.recipients as recipient using (account_id, job_id)
join tracking.subscribers as person using (account_id, subscriber_key)
where recipient.sent_at is not null and recipient.first_open_at is null and recipient.first_click_at is null
  and recipient.bounced_at is null and person.unsubscribed_from_all_at is null
order by recipient.subscriber_key;
