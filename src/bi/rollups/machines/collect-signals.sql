-- Collects the opens and clicks that a rule of bi.engagement_rules may apply to, and applies the rules that need
-- nothing but the message: an open or a click soon after it was sent.
-- $1 account, $2 jobs, $3 and $4 bounds of their events.
insert into pg_temp.signal
  (account_id, job_id, batch_id, subscriber_key, event_type, occurred_at, url_id, event_hash, reasons, link,
   sent_at)
with threshold as (
  select max(seconds) filter (where rule = 'open_soon_after_send') * interval '1 second' as open_soon,
         max(seconds) filter (where rule = 'click_soon_after_send') * interval '1 second' as click_soon,
         min(count) filter (where rule in ('many_links_at_once', 'two_links_at_once', 'every_link_clicked')) as links,
         coalesce(bool_or(rule = 'domain_burst'), false) as needs_all
  from bi.engagement_rules
  where enabled
), trapped as (
  select link.job_id
  from tracking.links as link
  join bi.engagement_rules as rule on rule.rule = 'honeypot_link' and rule.enabled and link.alias ilike rule.pattern
  where link.account_id = $1 and link.job_id = any ($2::bigint[])
)
select $1, event.job_id, message.batch_id, event.subscriber_key, event.event_type, event.occurred_at, event.url_id,
       event.event_hash,
       case
         when event.event_type = 'open'
           and event.occurred_at between message.sent_at and message.sent_at + threshold.open_soon
           then array['open_soon_after_send']
         when event.event_type = 'click'
           and event.occurred_at between message.sent_at and message.sent_at + threshold.click_soon
           then array['click_soon_after_send']
         else '{}'
       end,
       coalesce(event.url_id, event.event_hash), message.sent_at
from pg_temp.message as message
cross join threshold
join bi.all_events as event
  on event.job_id = message.job_id and event.subscriber_key = message.subscriber_key
  and (event.batch_id = message.batch_id or (event.batch_id is null and message.batch_id = 0))
where event.account_id = $1 and event.job_id = any ($2::bigint[]) and event.occurred_at between $3 and $4
  and event.event_type in ('open', 'click')
  and case event.event_type
    when 'open' then threshold.needs_all or message.first_open_at <= message.sent_at + threshold.open_soon
    else threshold.needs_all or message.clicks >= threshold.links
      or message.first_click_at <= message.sent_at + threshold.click_soon
      or message.job_id in (select job_id from trapped)
  end;
