-- Where several events of a kind share the instant of a message's first one, says which of them is the first.
-- $1 account, $2 jobs whose bounces are counted, $3 jobs whose unsubscribes are, $4 and $5 bounds of their events;
-- nothing where there are no such jobs.
update pg_temp.message as message
set first_open_hash = coalesce(tie.open_hash, message.first_open_hash),
    first_click_hash = coalesce(tie.click_hash, message.first_click_hash),
    first_bounce_hash = coalesce(tie.bounce_hash, message.first_bounce_hash),
    first_unsubscribe_hash = coalesce(tie.unsubscribe_hash, message.first_unsubscribe_hash)
from (
  select job_id, batch_id, subscriber_key,
         min(event_hash) filter (where event_type = 'open') as open_hash,
         min(event_hash) filter (where event_type = 'click') as click_hash,
         min(event_hash) filter (where event_type = 'bounce') as bounce_hash,
         min(event_hash) filter (where event_type = 'unsub') as unsubscribe_hash
  from (
    select job_id, batch_id, subscriber_key, event_type, min(event_hash) as event_hash
    from pg_temp.reaction
    where events > 1 and occurred_at = first_at
    group by job_id, batch_id, subscriber_key, event_type
    having count(*) > 1
    union all
    -- if bounces or unsubscribes
    select message.job_id, message.batch_id, message.subscriber_key, event.event_type, min(event.event_hash)
    from pg_temp.message as message
    join bi.all_events as event
      on event.job_id = message.job_id and event.subscriber_key = message.subscriber_key
      and coalesce(event.batch_id, 0) = message.batch_id
      and event.occurred_at = case event.event_type when 'bounce' then message.bounced_at else message.unsubscribed_at end
    where event.account_id = $1 and event.occurred_at between $4 and $5
      and (event.event_type = 'bounce' and cardinality($2::bigint[]) > 0 and event.job_id = any ($2::bigint[])
           or event.event_type = 'unsub' and cardinality($3::bigint[]) > 0 and event.job_id = any ($3::bigint[]))
      and (message.unsubscribes > 1 or message.hard_bounces + message.soft_bounces + message.other_bounces > 1)
    group by message.job_id, message.batch_id, message.subscriber_key, event.event_type
    having count(*) > 1
  ) as tied
  group by job_id, batch_id, subscriber_key
) as tie
where message.job_id = tie.job_id and message.batch_id = tie.batch_id
  and message.subscriber_key = tie.subscriber_key;
