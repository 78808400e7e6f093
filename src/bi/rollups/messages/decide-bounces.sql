-- Decides what kind of bounce counts for a message: a hard one before a soft one before any other, then the first.
-- $1 account, $2 jobs whose bounces are counted, $3 and $4 bounds of their events.
update pg_temp.message as message
set bounce_kind = bounce.bounce_kind, bounce_category = bounce.bounce_category
from (
  select distinct on (job_id, coalesce(batch_id, 0), subscriber_key)
         job_id, coalesce(batch_id, 0) as batch_id, subscriber_key, bounce_kind, bounce_category
  from tracking.bounce_events as event
  where event.account_id = $1 and event.job_id = any ($2::bigint[]) and event.occurred_at between $3 and $4
    and event.subscriber_key is not null
  order by job_id, coalesce(batch_id, 0), subscriber_key,
           array_position(array['HardBounce', 'SoftBounce'], bounce_kind), occurred_at, bounce_kind, bounce_category
) as bounce
where message.job_id = bounce.job_id and message.batch_id = bounce.batch_id
  and message.subscriber_key = bounce.subscriber_key;
