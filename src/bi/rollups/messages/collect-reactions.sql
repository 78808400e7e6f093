-- Collects the opens and clicks of the messages, and what their messages say of them: everything that follows reads them
-- here. Applies the rules of bi.engagement_rules that need nothing but the message: an open or a click soon after it was
-- sent. Of jobs that are computed as a whole it also takes those without a person; they have no message. Of the others it
-- takes those of pg_temp.touched_event.
-- $1 account, $2 jobs that are computed as a whole, $3 and $4 bounds of their events; nothing where there are none.
insert into pg_temp.reaction
  (job_id, batch_id, subscriber_key, event_type, occurred_at, url_id, event_hash, reasons, sent_at, first_at, events)
with threshold as (
  select max(seconds) filter (where rule = 'open_soon_after_send') * interval '1 second' as open_soon,
         max(seconds) filter (where rule = 'click_soon_after_send') * interval '1 second' as click_soon
  from bi.engagement_rules
  where enabled
)
select event.job_id, event.batch_id, event.subscriber_key, event.event_type, event.occurred_at,
       event.url_id, event.event_hash,
       case
         when event.event_type = 'open'
           and event.occurred_at between message.sent_at and message.sent_at + threshold.open_soon
           then array['open_soon_after_send']
         when event.event_type = 'click'
           and event.occurred_at between message.sent_at and message.sent_at + threshold.click_soon
           then array['click_soon_after_send']
         else '{}'
       end,
       message.sent_at,
       case event.event_type when 'open' then message.first_open_at else message.first_click_at end,
       case event.event_type when 'open' then message.opens else message.clicks end
from threshold
cross join (
  select job_id, batch_id, subscriber_key, event_type, occurred_at, url_id, event_hash
  from pg_temp.touched_event
  union all
  -- if whole jobs
  select stored.job_id, coalesce(stored.batch_id, 0), stored.subscriber_key, stored.event_type, stored.occurred_at,
         stored.url_id, stored.event_hash
  from bi.all_events as stored
  where stored.account_id = $1 and stored.job_id = any ($2::bigint[])
    and stored.occurred_at between $3 and $4 and stored.event_type in ('open', 'click')
) as event
left join pg_temp.message as message
  on message.job_id = event.job_id and message.subscriber_key = event.subscriber_key
  and message.batch_id = event.batch_id
where message.job_id is not null or event.subscriber_key is null;
