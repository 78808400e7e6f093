-- Computes the days of all domains of an account again from the messages, and writes what differs.
-- $1 account.
with counted as (
  select
    lower(split_part(subscriber_key, '@', 2)) as domain,
    date_bin('15 minutes', sent_at, timestamptz '2000-01-01Z') as quarter,
    count(*) as sent,
    count(*) filter (where bounced_at is null) as delivered,
    count(*) filter (where hard_bounces > 0) as hard_bounced,
    count(*) filter (where hard_bounces = 0 and bounce_category ilike 'block%') as block_bounced,
    count(*) filter (where hard_bounces = 0 and soft_bounces > 0 and coalesce(bounce_category, '') not ilike 'block%') as soft_bounced,
    count(*) filter (where hard_bounces = 0 and soft_bounces = 0 and bounced_at is not null and coalesce(bounce_category, '') not ilike 'block%') as other_bounced,
    count(*) filter (where first_open_at is not null) as opened,
    count(*) filter (where human_opens + human_clicks > 0) as human_opened,
    count(*) filter (where first_click_at is not null) as clicked,
    count(*) filter (where human_clicks > 0) as human_clicked,
    count(*) filter (where unsubscribed_at is not null) as unsubscribed
  from tracking.recipients
  where account_id = $1 and sent_at is not null and subscriber_key like '%@%'
  group by domain, quarter
), again as (
  select
    domain, (quarter at time zone settings.time_zone)::date as day,
    sum(sent)::bigint as sent,
    sum(delivered)::bigint as delivered,
    sum(hard_bounced)::bigint as hard_bounced,
    sum(block_bounced)::bigint as block_bounced,
    sum(soft_bounced)::bigint as soft_bounced,
    sum(other_bounced)::bigint as other_bounced,
    sum(opened)::bigint as opened,
    sum(human_opened)::bigint as human_opened,
    sum(clicked)::bigint as clicked,
    sum(human_clicked)::bigint as human_clicked,
    sum(unsubscribed)::bigint as unsubscribed
  from counted
  cross join bi.settings
  group by domain, day
), gone as (
  delete from tracking.domain_days as known
  where known.account_id = $1
    and not exists (select from again where again.domain = known.domain and again.day = known.day)
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
from again
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
