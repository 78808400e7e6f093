-- Who opened none of their last N messages, list and triggered sends alike? Opens of machines do not count.
with asked as (select 1::bigint as account_id, 2 as last_messages),
ranked as (
  select recipient.account_id, recipient.subscriber_key, recipient.human_opens + recipient.human_clicks > 0 as is_opened,
         row_number() over (partition by recipient.subscriber_key order by recipient.sent_at desc, recipient.job_id desc, recipient.batch_id desc) as position
  from asked
  join tracking.recipients as recipient using (account_id)
  where recipient.sent_at is not null
)
select ranked.subscriber_key
from ranked
join asked using (account_id)
where ranked.position <= asked.last_messages
group by ranked.subscriber_key, asked.last_messages
having count(*) = asked.last_messages and not bool_or(ranked.is_opened)
order by ranked.subscriber_key;
