-- Counts messages by domain and day of sending, and writes what differs: adds the difference between the messages now and
-- before, or counts all of them again.
-- $1 account, $2 true: all messages; false: those of pg_temp.message and pg_temp.old_message.
with entry as (
  select 1 as sign, subscriber_key, sent_at, bounced_at, hard_bounces, soft_bounces, bounce_category, first_open_at,
         first_click_at, human_opens, human_clicks, unsubscribed_at
  from tracking.recipients
  where $2 and account_id = $1
  union all
  select 1, subscriber_key, sent_at, bounced_at, hard_bounces, soft_bounces, bounce_category, first_open_at,
         first_click_at, human_opens, human_clicks, unsubscribed_at
  from pg_temp.message
  where not $2
  union all
  select -1, subscriber_key, sent_at, bounced_at, hard_bounces, soft_bounces, bounce_category, first_open_at,
         first_click_at, human_opens, human_clicks, unsubscribed_at
  from pg_temp.old_message
  where not $2
), counted as (
  -- Quarters of an hour first: every time zone begins its days at one, and converting them all would cost most.
  select
    lower(split_part(subscriber_key, '@', 2)) as domain,
    date_bin('15 minutes', sent_at, timestamptz '2000-01-01Z') as quarter,
    sum(sign) as sent,
    sum(sign) filter (where bounced_at is null) as delivered,
    sum(sign) filter (where hard_bounces > 0) as hard_bounced,
    sum(sign) filter (where hard_bounces = 0 and bounce_category ilike 'block%') as block_bounced,
    sum(sign) filter (where hard_bounces = 0 and soft_bounces > 0 and coalesce(bounce_category, '') not ilike 'block%') as soft_bounced,
    sum(sign) filter (where hard_bounces = 0 and soft_bounces = 0 and bounced_at is not null and coalesce(bounce_category, '') not ilike 'block%') as other_bounced,
    sum(sign) filter (where first_open_at is not null) as opened,
    sum(sign) filter (where human_opens + human_clicks > 0) as human_opened,
    sum(sign) filter (where first_click_at is not null) as clicked,
    sum(sign) filter (where human_clicks > 0) as human_clicked,
    sum(sign) filter (where unsubscribed_at is not null) as unsubscribed
  from entry
  where sent_at is not null and subscriber_key like '%@%'
  group by domain, quarter
), changed as (
  select
    counted.domain, (counted.quarter at time zone settings.time_zone)::date as day,
    coalesce(sum(sent), 0)::bigint as sent,
    coalesce(sum(delivered), 0)::bigint as delivered,
    coalesce(sum(hard_bounced), 0)::bigint as hard_bounced,
    coalesce(sum(block_bounced), 0)::bigint as block_bounced,
    coalesce(sum(soft_bounced), 0)::bigint as soft_bounced,
    coalesce(sum(other_bounced), 0)::bigint as other_bounced,
    coalesce(sum(opened), 0)::bigint as opened,
    coalesce(sum(human_opened), 0)::bigint as human_opened,
    coalesce(sum(clicked), 0)::bigint as clicked,
    coalesce(sum(human_clicked), 0)::bigint as human_clicked,
    coalesce(sum(unsubscribed), 0)::bigint as unsubscribed
  from counted
  cross join bi.settings
  group by counted.domain, day
), merged as (
  select
    changed.domain, changed.day,
    changed.sent + coalesce(known.sent, 0) as sent,
    changed.delivered + coalesce(known.delivered, 0) as delivered,
    changed.hard_bounced + coalesce(known.hard_bounced, 0) as hard_bounced,
    changed.block_bounced + coalesce(known.block_bounced, 0) as block_bounced,
    changed.soft_bounced + coalesce(known.soft_bounced, 0) as soft_bounced,
    changed.other_bounced + coalesce(known.other_bounced, 0) as other_bounced,
    changed.opened + coalesce(known.opened, 0) as opened,
    changed.human_opened + coalesce(known.human_opened, 0) as human_opened,
    changed.clicked + coalesce(known.clicked, 0) as clicked,
    changed.human_clicked + coalesce(known.human_clicked, 0) as human_clicked,
    changed.unsubscribed + coalesce(known.unsubscribed, 0) as unsubscribed
  from changed
  left join tracking.domain_days as known
    on not $2 and known.account_id = $1 and known.domain = changed.domain and known.day = changed.day
), gone as (
  delete from tracking.domain_days as known
  where known.account_id = $1 and case
    when $2 then not exists (select from merged where merged.domain = known.domain and merged.day = known.day)
    else (known.domain, known.day) in (select merged.domain, merged.day from merged where merged.sent = 0)
  end
)
insert into tracking.domain_days as known (
  account_id, domain, day,
  sent, delivered, hard_bounced, block_bounced, soft_bounced, other_bounced, opened, human_opened, clicked,
  human_clicked, unsubscribed
)
select
  $1, domain, day,
  sent, delivered, hard_bounced, block_bounced, soft_bounced, other_bounced, opened, human_opened, clicked,
  human_clicked, unsubscribed
from merged
where sent > 0
on conflict (account_id, domain, day) do update
set (
  sent, delivered, hard_bounced, block_bounced, soft_bounced, other_bounced, opened, human_opened, clicked,
  human_clicked, unsubscribed
) = row(
  excluded.sent, excluded.delivered, excluded.hard_bounced, excluded.block_bounced, excluded.soft_bounced,
  excluded.other_bounced, excluded.opened, excluded.human_opened, excluded.clicked, excluded.human_clicked,
  excluded.unsubscribed
)
where (
  known.sent, known.delivered, known.hard_bounced, known.block_bounced, known.soft_bounced, known.other_bounced,
  known.opened, known.human_opened, known.clicked, known.human_clicked, known.unsubscribed
) is distinct from (
  excluded.sent, excluded.delivered, excluded.hard_bounced, excluded.block_bounced, excluded.soft_bounced,
  excluded.other_bounced, excluded.opened, excluded.human_opened, excluded.clicked, excluded.human_clicked,
  excluded.unsubscribed
);
