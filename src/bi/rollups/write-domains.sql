-- Adds to the days of each domain the difference between its messages now and before.
-- $1 account.
with entry as (
  select 1 as sign, message.* from pg_temp.message as message
  union all
  select -1, old.* from pg_temp.old_message as old
), counted as (
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
  select changed.*, coalesce(known.sent, 0) + changed.sent as sent_now
  from changed
  left join tracking.domain_days as known
    on known.account_id = $1 and known.domain = changed.domain and known.day = changed.day
), gone as (
  delete from tracking.domain_days as known
  using merged
  where known.account_id = $1 and known.domain = merged.domain and known.day = merged.day and merged.sent_now = 0
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
where sent_now > 0
  and (sent, delivered, hard_bounced, block_bounced, soft_bounced, other_bounced, opened, human_opened, clicked,
       human_clicked, unsubscribed) is distinct from (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
on conflict (account_id, domain, day) do update
set
  sent = known.sent + excluded.sent, delivered = known.delivered + excluded.delivered,
  hard_bounced = known.hard_bounced + excluded.hard_bounced,
  block_bounced = known.block_bounced + excluded.block_bounced,
  soft_bounced = known.soft_bounced + excluded.soft_bounced,
  other_bounced = known.other_bounced + excluded.other_bounced, opened = known.opened + excluded.opened,
  human_opened = known.human_opened + excluded.human_opened, clicked = known.clicked + excluded.clicked,
  human_clicked = known.human_clicked + excluded.human_clicked,
  unsubscribed = known.unsubscribed + excluded.unsubscribed;
