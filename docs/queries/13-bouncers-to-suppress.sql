-- Whom should we stop writing to: hard bounces, and people who bounced softly three times within N days without an open since?
with asked as (select 1::bigint as account_id, timestamptz '2026-04-01Z' as as_of, 30 as days, 3 as soft_bounces),
bounced as (
  select recipient.account_id, recipient.subscriber_key, sum(recipient.hard_bounces) as hard, sum(recipient.soft_bounces) as soft,
         max(recipient.last_bounced_at) as last_bounced_at
  from asked
  join tracking.recipients as recipient using (account_id)
  where recipient.last_bounced_at >= asked.as_of - make_interval(days => asked.days) and recipient.last_bounced_at < asked.as_of
  group by recipient.account_id, recipient.subscriber_key
)
select bounced.subscriber_key, case when bounced.hard > 0 then 'hard' else 'soft' end as why, bounced.last_bounced_at
from bounced
join asked using (account_id)
join tracking.subscribers as person using (account_id, subscriber_key)
where bounced.hard > 0
  or bounced.soft >= asked.soft_bounces
    and coalesce(person.last_human_open_at, '-infinity') < bounced.last_bounced_at
order by bounced.subscriber_key;
