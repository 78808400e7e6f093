-- Computes people again whose first or last instants may have moved inwards: what was counted as an open of theirs
-- is a machine's now, or is gone. Reads recipients_person.
-- $1 account.
with receded as (
  select distinct old.subscriber_key
  from pg_temp.old_message as old
  left join pg_temp.message as message using (job_id, subscriber_key, batch_id)
  where message.job_id is null
    or least(old.sent_at, message.sent_at) is distinct from message.sent_at
    or least(old.first_open_at, message.first_open_at) is distinct from message.first_open_at
    or least(old.first_human_open_at, message.first_human_open_at) is distinct from message.first_human_open_at
    or least(old.first_click_at, message.first_click_at) is distinct from message.first_click_at
    or least(old.first_human_click_at, message.first_human_click_at) is distinct from message.first_human_click_at
    or least(old.bounced_at, message.bounced_at) is distinct from message.bounced_at
    or least(old.unsubscribed_at, message.unsubscribed_at) is distinct from message.unsubscribed_at
    or least(old.subscriber_id, message.subscriber_id) is distinct from message.subscriber_id
    or greatest(old.last_sent_at, message.last_sent_at) is distinct from message.last_sent_at
    or greatest(old.last_open_at, message.last_open_at) is distinct from message.last_open_at
    or greatest(old.last_human_open_at, message.last_human_open_at) is distinct from message.last_human_open_at
    or greatest(old.last_click_at, message.last_click_at) is distinct from message.last_click_at
    or greatest(old.last_human_click_at, message.last_human_click_at) is distinct from message.last_human_click_at
    or greatest(old.last_bounced_at, message.last_bounced_at) is distinct from message.last_bounced_at
    or greatest(old.last_unsubscribed_at, message.last_unsubscribed_at) is distinct from message.last_unsubscribed_at
    or greatest(old.unsubscribed_from_all_at, message.unsubscribed_from_all_at) is distinct from message.unsubscribed_from_all_at
    or greatest(old.last_forward_at, message.last_forward_at) is distinct from message.last_forward_at
    or greatest(old.last_survey_at, message.last_survey_at) is distinct from message.last_survey_at
), again as (
  select
    subscriber_key,
    min(subscriber_id) as subscriber_id,
    min(sent_at) as first_sent_at,
    max(last_sent_at) as last_sent_at,
    min(first_open_at) as first_open_at,
    max(last_open_at) as last_open_at,
    min(first_human_open_at) as first_human_open_at,
    max(last_human_open_at) as last_human_open_at,
    min(first_click_at) as first_click_at,
    max(last_click_at) as last_click_at,
    min(first_human_click_at) as first_human_click_at,
    max(last_human_click_at) as last_human_click_at,
    min(bounced_at) as first_bounced_at,
    max(last_bounced_at) as last_bounced_at,
    min(unsubscribed_at) as first_unsubscribed_at,
    max(last_unsubscribed_at) as last_unsubscribed_at,
    max(unsubscribed_from_all_at) as unsubscribed_from_all_at,
    max(last_forward_at) as last_forward_at,
    max(last_survey_at) as last_survey_at,
    count(*) filter (where sent_at is not null) as sent,
    count(*) filter (where not_sent_at is not null) as not_sent,
    count(*) filter (where sent_at is not null and bounced_at is null) as delivered,
    count(*) filter (where bounced_at is not null) as bounced,
    count(*) filter (where hard_bounces > 0) as hard_bounced,
    count(*) filter (where first_open_at is not null) as opened,
    count(*) filter (where human_opens + human_clicks > 0) as human_opened,
    count(*) filter (where first_click_at is not null) as clicked,
    count(*) filter (where human_clicks > 0) as human_clicked,
    sum(opens) as opens,
    sum(clicks) as clicks,
    sum(unsubscribes) as unsubscribes,
    sum(forwards) as forwards,
    sum(survey_answers) as survey_answers
  from receded
  join tracking.recipients as recipient using (subscriber_key)
  where recipient.account_id = $1
  group by subscriber_key
), gone as (
  delete from tracking.subscribers as known
  using receded
  where known.account_id = $1 and known.subscriber_key = receded.subscriber_key
    and not exists (select from again where again.subscriber_key = receded.subscriber_key)
)
update tracking.subscribers as known
set (
  subscriber_id, first_sent_at, last_sent_at, first_open_at, last_open_at, first_human_open_at, last_human_open_at,
  first_click_at, last_click_at, first_human_click_at, last_human_click_at, first_bounced_at, last_bounced_at,
  first_unsubscribed_at, last_unsubscribed_at, unsubscribed_from_all_at, last_forward_at, last_survey_at, sent,
  not_sent, delivered, bounced, hard_bounced, opened, human_opened, clicked, human_clicked, opens, clicks,
  unsubscribes, forwards, survey_answers
) = row(
  again.subscriber_id, again.first_sent_at, again.last_sent_at, again.first_open_at, again.last_open_at,
  again.first_human_open_at, again.last_human_open_at, again.first_click_at, again.last_click_at,
  again.first_human_click_at, again.last_human_click_at, again.first_bounced_at, again.last_bounced_at,
  again.first_unsubscribed_at, again.last_unsubscribed_at, again.unsubscribed_from_all_at, again.last_forward_at,
  again.last_survey_at, again.sent, again.not_sent, again.delivered, again.bounced, again.hard_bounced, again.opened,
  again.human_opened, again.clicked, again.human_clicked, again.opens, again.clicks, again.unsubscribes,
  again.forwards, again.survey_answers
)
from again
where known.account_id = $1 and known.subscriber_key = again.subscriber_key;
