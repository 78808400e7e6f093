-- Adds to people, over all their jobs, the difference between their messages now and before.
-- $1 account.
insert into tracking.subscribers as known (
  account_id, subscriber_key,
  subscriber_id, first_sent_at, last_sent_at, first_open_at, last_open_at, first_human_open_at, last_human_open_at,
  first_click_at, last_click_at, first_human_click_at, last_human_click_at, first_bounced_at, last_bounced_at,
  first_unsubscribed_at, last_unsubscribed_at, unsubscribed_from_all_at, last_forward_at, last_survey_at, sent,
  not_sent, delivered, bounced, hard_bounced, opened, human_opened, clicked, human_clicked, opens, clicks,
  unsubscribes, forwards, survey_answers
)
select
  $1, subscriber_key,
  min(subscriber_id) filter (where sign = 1),
  min(sent_at) filter (where sign = 1),
  max(last_sent_at) filter (where sign = 1),
  min(first_open_at) filter (where sign = 1),
  max(last_open_at) filter (where sign = 1),
  min(first_human_open_at) filter (where sign = 1),
  max(last_human_open_at) filter (where sign = 1),
  min(first_click_at) filter (where sign = 1),
  max(last_click_at) filter (where sign = 1),
  min(first_human_click_at) filter (where sign = 1),
  max(last_human_click_at) filter (where sign = 1),
  min(bounced_at) filter (where sign = 1),
  max(last_bounced_at) filter (where sign = 1),
  min(unsubscribed_at) filter (where sign = 1),
  max(last_unsubscribed_at) filter (where sign = 1),
  max(unsubscribed_from_all_at) filter (where sign = 1),
  max(last_forward_at) filter (where sign = 1),
  max(last_survey_at) filter (where sign = 1),
  coalesce(sum(sign) filter (where sent_at is not null), 0),
  coalesce(sum(sign) filter (where not_sent_at is not null), 0),
  coalesce(sum(sign) filter (where sent_at is not null and bounced_at is null), 0),
  coalesce(sum(sign) filter (where bounced_at is not null), 0),
  coalesce(sum(sign) filter (where hard_bounces > 0), 0),
  coalesce(sum(sign) filter (where first_open_at is not null), 0),
  coalesce(sum(sign) filter (where human_opens + human_clicks > 0), 0),
  coalesce(sum(sign) filter (where first_click_at is not null), 0),
  coalesce(sum(sign) filter (where human_clicks > 0), 0),
  coalesce(sum(sign * opens), 0),
  coalesce(sum(sign * clicks), 0),
  coalesce(sum(sign * unsubscribes), 0),
  coalesce(sum(sign * forwards), 0),
  coalesce(sum(sign * survey_answers), 0)
from (
  select 1 as sign, message.*
  from pg_temp.message as message
  left join pg_temp.old_message as old using (job_id, subscriber_key, batch_id)
  where message is distinct from old
  union all
  select -1, old.*
  from pg_temp.old_message as old
  left join pg_temp.message as message using (job_id, subscriber_key, batch_id)
  where message is distinct from old
) as entry
group by subscriber_key
on conflict (account_id, subscriber_key) do update
set
  subscriber_id = least(known.subscriber_id, excluded.subscriber_id),
  first_sent_at = least(known.first_sent_at, excluded.first_sent_at),
  last_sent_at = greatest(known.last_sent_at, excluded.last_sent_at),
  first_open_at = least(known.first_open_at, excluded.first_open_at),
  last_open_at = greatest(known.last_open_at, excluded.last_open_at),
  first_human_open_at = least(known.first_human_open_at, excluded.first_human_open_at),
  last_human_open_at = greatest(known.last_human_open_at, excluded.last_human_open_at),
  first_click_at = least(known.first_click_at, excluded.first_click_at),
  last_click_at = greatest(known.last_click_at, excluded.last_click_at),
  first_human_click_at = least(known.first_human_click_at, excluded.first_human_click_at),
  last_human_click_at = greatest(known.last_human_click_at, excluded.last_human_click_at),
  first_bounced_at = least(known.first_bounced_at, excluded.first_bounced_at),
  last_bounced_at = greatest(known.last_bounced_at, excluded.last_bounced_at),
  first_unsubscribed_at = least(known.first_unsubscribed_at, excluded.first_unsubscribed_at),
  last_unsubscribed_at = greatest(known.last_unsubscribed_at, excluded.last_unsubscribed_at),
  unsubscribed_from_all_at = greatest(known.unsubscribed_from_all_at, excluded.unsubscribed_from_all_at),
  last_forward_at = greatest(known.last_forward_at, excluded.last_forward_at),
  last_survey_at = greatest(known.last_survey_at, excluded.last_survey_at), sent = known.sent + excluded.sent,
  not_sent = known.not_sent + excluded.not_sent, delivered = known.delivered + excluded.delivered,
  bounced = known.bounced + excluded.bounced, hard_bounced = known.hard_bounced + excluded.hard_bounced,
  opened = known.opened + excluded.opened, human_opened = known.human_opened + excluded.human_opened,
  clicked = known.clicked + excluded.clicked, human_clicked = known.human_clicked + excluded.human_clicked,
  opens = known.opens + excluded.opens, clicks = known.clicks + excluded.clicks,
  unsubscribes = known.unsubscribes + excluded.unsubscribes, forwards = known.forwards + excluded.forwards,
  survey_answers = known.survey_answers + excluded.survey_answers;
