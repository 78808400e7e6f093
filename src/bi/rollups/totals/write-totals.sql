-- Writes the totals of the jobs that differ: messages and people change by the difference between the messages now and
-- before, events are the sums of the job's days.
-- $1 account, $2 jobs that are computed in part, $3 jobs that are computed as a whole, $4 now.
with message as (
  select
    entry.job_id,
    sum(sign) filter (where sent_at is not null) as sent,
    sum(sign) filter (where sent_at is not null and bounced_at is null) as delivered,
    sum(sign) filter (where not_sent_at is not null) as not_sent,
    sum(sign) filter (where bounced_at is not null) as bounced,
    sum(sign) filter (where hard_bounces > 0) as hard_bounced,
    sum(sign) filter (where hard_bounces = 0 and bounce_category ilike 'block%') as block_bounced,
    sum(sign) filter (where hard_bounces = 0 and soft_bounces > 0
                        and coalesce(bounce_category, '') not ilike 'block%') as soft_bounced,
    sum(sign) filter (where hard_bounces = 0 and soft_bounces = 0 and bounced_at is not null
                        and coalesce(bounce_category, '') not ilike 'block%') as other_bounced,
    sum(sign) filter (where hard_bounces > 0) as with_hard_bounce,
    sum(sign) filter (where soft_bounces > 0) as with_soft_bounce,
    sum(sign) filter (where other_bounces > 0) as with_other_bounce,
    sum(sign) filter (where first_open_at is not null) as opened,
    sum(sign) filter (where human_opens + human_clicks > 0) as human_opened,
    sum(sign) filter (where first_click_at is not null) as clicked,
    sum(sign) filter (where human_clicks > 0) as human_clicked,
    sum(sign) filter (where opens + clicks > 0) as engaged,
    sum(sign) filter (where unsubscribed_at is not null) as unsubscribed
  from (
    select 1 as sign, message.* from pg_temp.message as message
    union all
    select -1, old.* from pg_temp.old_message as old where old.job_id = any ($2::bigint[])
  ) as entry
  group by entry.job_id
), people as (
  select
    job_id,
    sum(sign) filter (where sent_at is not null) as recipients,
    sum(sign) filter (where opened_at is not null) as openers,
    sum(sign) filter (where human_opened_at is not null) as human_openers,
    sum(sign) filter (where clicked_at is not null) as clickers,
    sum(sign) filter (where human_clicked_at is not null) as human_clickers,
    sum(sign) filter (where opened_at is not null or clicked_at is not null) as openers_or_clickers,
    sum(sign) filter (where bounced_at is not null) as people_bounced,
    sum(sign) filter (where unsubscribed_at is not null) as people_unsubscribed
  from pg_temp.person
  group by job_id
), event as (
  select
    job_id,
    sum(events) filter (where event_type = 'sent') as sent_events,
    sum(events) filter (where event_type = 'not_sent') as not_sent_events,
    sum(events) filter (where event_type = 'open') as open_events,
    sum(machine_events) filter (where event_type = 'open') as machine_opens,
    sum(events) filter (where event_type = 'click') as click_events,
    sum(machine_events) filter (where event_type = 'click') as machine_clicks,
    sum(events) filter (where event_type = 'bounce') as bounce_events,
    sum(events) filter (where event_type = 'unsub') as unsub_events,
    sum(events) filter (where event_type = 'forward') as forward_events,
    sum(events) filter (where event_type = 'forward_opt_in') as forward_opt_in_events,
    sum(events) filter (where event_type = 'survey') as survey_events,
    min(first_at) as first_event_at,
    max(last_at) as last_event_at
  from tracking.job_days
  where account_id = $1 and job_id = any ($2::bigint[] || $3::bigint[])
  group by job_id
), base as (
  select * from tracking.job_totals
  where account_id = $1 and job_id = any ($2::bigint[])
), gone as (
  delete from tracking.job_totals as known
  where known.account_id = $1 and known.job_id = any ($2::bigint[] || $3::bigint[])
    and known.job_id not in (select job_id from event)
)
insert into tracking.job_totals as known (
  account_id, job_id,
  sent, delivered, not_sent, bounced, hard_bounced, block_bounced, soft_bounced, other_bounced, with_hard_bounce,
  with_soft_bounce, with_other_bounce, opened, human_opened, clicked, human_clicked, engaged, unsubscribed,
  recipients, openers, human_openers, clickers, human_clickers, openers_or_clickers, people_bounced,
  people_unsubscribed, sent_events, not_sent_events, open_events, machine_opens, click_events, machine_clicks,
  bounce_events, unsub_events, forward_events, forward_opt_in_events, survey_events, first_event_at, last_event_at,
  links,
  changed_at
)
select
  $1, event.job_id,
  coalesce(base.sent, 0) + coalesce(message.sent, 0),
  coalesce(base.delivered, 0) + coalesce(message.delivered, 0),
  coalesce(base.not_sent, 0) + coalesce(message.not_sent, 0),
  coalesce(base.bounced, 0) + coalesce(message.bounced, 0),
  coalesce(base.hard_bounced, 0) + coalesce(message.hard_bounced, 0),
  coalesce(base.block_bounced, 0) + coalesce(message.block_bounced, 0),
  coalesce(base.soft_bounced, 0) + coalesce(message.soft_bounced, 0),
  coalesce(base.other_bounced, 0) + coalesce(message.other_bounced, 0),
  coalesce(base.with_hard_bounce, 0) + coalesce(message.with_hard_bounce, 0),
  coalesce(base.with_soft_bounce, 0) + coalesce(message.with_soft_bounce, 0),
  coalesce(base.with_other_bounce, 0) + coalesce(message.with_other_bounce, 0),
  coalesce(base.opened, 0) + coalesce(message.opened, 0),
  coalesce(base.human_opened, 0) + coalesce(message.human_opened, 0),
  coalesce(base.clicked, 0) + coalesce(message.clicked, 0),
  coalesce(base.human_clicked, 0) + coalesce(message.human_clicked, 0),
  coalesce(base.engaged, 0) + coalesce(message.engaged, 0),
  coalesce(base.unsubscribed, 0) + coalesce(message.unsubscribed, 0),
  coalesce(base.recipients, 0) + coalesce(people.recipients, 0),
  coalesce(base.openers, 0) + coalesce(people.openers, 0),
  coalesce(base.human_openers, 0) + coalesce(people.human_openers, 0),
  coalesce(base.clickers, 0) + coalesce(people.clickers, 0),
  coalesce(base.human_clickers, 0) + coalesce(people.human_clickers, 0),
  coalesce(base.openers_or_clickers, 0) + coalesce(people.openers_or_clickers, 0),
  coalesce(base.people_bounced, 0) + coalesce(people.people_bounced, 0),
  coalesce(base.people_unsubscribed, 0) + coalesce(people.people_unsubscribed, 0),
  coalesce(event.sent_events, 0),
  coalesce(event.not_sent_events, 0),
  coalesce(event.open_events, 0),
  coalesce(event.machine_opens, 0),
  coalesce(event.click_events, 0),
  coalesce(event.machine_clicks, 0),
  coalesce(event.bounce_events, 0),
  coalesce(event.unsub_events, 0),
  coalesce(event.forward_events, 0),
  coalesce(event.forward_opt_in_events, 0),
  coalesce(event.survey_events, 0),
  event.first_event_at,
  event.last_event_at,
  case when event.job_id = any ($3::bigint[]) then coalesce(known_link.links, 0) else base.links end,
  $4::timestamptz
from event
left join base using (job_id)
left join message using (job_id)
left join people using (job_id)
left join pg_temp.known_link using (job_id)
on conflict (account_id, job_id) do update
set
  sent = excluded.sent, delivered = excluded.delivered, not_sent = excluded.not_sent, bounced = excluded.bounced,
  hard_bounced = excluded.hard_bounced, block_bounced = excluded.block_bounced, soft_bounced = excluded.soft_bounced,
  other_bounced = excluded.other_bounced, with_hard_bounce = excluded.with_hard_bounce,
  with_soft_bounce = excluded.with_soft_bounce, with_other_bounce = excluded.with_other_bounce,
  opened = excluded.opened, human_opened = excluded.human_opened, clicked = excluded.clicked,
  human_clicked = excluded.human_clicked, engaged = excluded.engaged, unsubscribed = excluded.unsubscribed,
  recipients = excluded.recipients, openers = excluded.openers, human_openers = excluded.human_openers,
  clickers = excluded.clickers, human_clickers = excluded.human_clickers,
  openers_or_clickers = excluded.openers_or_clickers, people_bounced = excluded.people_bounced,
  people_unsubscribed = excluded.people_unsubscribed, sent_events = excluded.sent_events,
  not_sent_events = excluded.not_sent_events, open_events = excluded.open_events,
  machine_opens = excluded.machine_opens, click_events = excluded.click_events,
  machine_clicks = excluded.machine_clicks, bounce_events = excluded.bounce_events,
  unsub_events = excluded.unsub_events, forward_events = excluded.forward_events,
  forward_opt_in_events = excluded.forward_opt_in_events, survey_events = excluded.survey_events,
  first_event_at = excluded.first_event_at, last_event_at = excluded.last_event_at, links = excluded.links,
  changed_at = excluded.changed_at
where (
  known.sent, known.delivered, known.not_sent, known.bounced, known.hard_bounced, known.block_bounced,
  known.soft_bounced, known.other_bounced, known.with_hard_bounce, known.with_soft_bounce, known.with_other_bounce,
  known.opened, known.human_opened, known.clicked, known.human_clicked, known.engaged, known.unsubscribed,
  known.recipients, known.openers, known.human_openers, known.clickers, known.human_clickers,
  known.openers_or_clickers, known.people_bounced, known.people_unsubscribed, known.sent_events,
  known.not_sent_events, known.open_events, known.machine_opens, known.click_events, known.machine_clicks,
  known.bounce_events, known.unsub_events, known.forward_events, known.forward_opt_in_events, known.survey_events,
  known.first_event_at, known.last_event_at, known.links
) is distinct from (
  excluded.sent, excluded.delivered, excluded.not_sent, excluded.bounced, excluded.hard_bounced,
  excluded.block_bounced, excluded.soft_bounced, excluded.other_bounced, excluded.with_hard_bounce,
  excluded.with_soft_bounce, excluded.with_other_bounce, excluded.opened, excluded.human_opened, excluded.clicked,
  excluded.human_clicked, excluded.engaged, excluded.unsubscribed, excluded.recipients, excluded.openers,
  excluded.human_openers, excluded.clickers, excluded.human_clickers, excluded.openers_or_clickers,
  excluded.people_bounced, excluded.people_unsubscribed, excluded.sent_events, excluded.not_sent_events,
  excluded.open_events, excluded.machine_opens, excluded.click_events, excluded.machine_clicks,
  excluded.bounce_events, excluded.unsub_events, excluded.forward_events, excluded.forward_opt_in_events,
  excluded.survey_events, excluded.first_event_at, excluded.last_event_at, excluded.links
);
