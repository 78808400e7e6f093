-- Writes the messages that are new or changed, and deletes those whose events are gone.
with gone as (
  delete from tracking.recipients as known
  using pg_temp.old_message as old
  where known.account_id = old.account_id and known.job_id = old.job_id
    and known.subscriber_key = old.subscriber_key and known.batch_id = old.batch_id
    and not exists (
      select from pg_temp.message
      where message.job_id = old.job_id and message.subscriber_key = old.subscriber_key
        and message.batch_id = old.batch_id)
), changed as (
  update tracking.recipients as known
  set (
    sent_at, last_sent_at, list_id, subscriber_id, not_sent_at, last_not_sent_at, first_open_at, last_open_at,
    first_human_open_at, last_human_open_at, first_click_at, last_click_at, first_human_click_at, last_human_click_at,
    bounced_at, last_bounced_at, unsubscribed_at, last_unsubscribed_at, unsubscribed_from_all_at, first_forward_at,
    last_forward_at, first_forward_opt_in_at, last_forward_opt_in_at, first_survey_at, last_survey_at,
    first_open_hash, first_click_hash, first_bounce_hash, first_unsubscribe_hash, opens, human_opens, clicks,
    human_clicks, hard_bounces, soft_bounces, other_bounces, unsubscribes, forwards, forward_opt_ins, survey_answers,
    is_first_open, is_first_click, is_first_bounce, is_first_unsubscribe, bounce_kind, bounce_category
  ) = row(
    message.sent_at, message.last_sent_at, message.list_id, message.subscriber_id, message.not_sent_at,
    message.last_not_sent_at, message.first_open_at, message.last_open_at, message.first_human_open_at,
    message.last_human_open_at, message.first_click_at, message.last_click_at, message.first_human_click_at,
    message.last_human_click_at, message.bounced_at, message.last_bounced_at, message.unsubscribed_at,
    message.last_unsubscribed_at, message.unsubscribed_from_all_at, message.first_forward_at, message.last_forward_at,
    message.first_forward_opt_in_at, message.last_forward_opt_in_at, message.first_survey_at, message.last_survey_at,
    message.first_open_hash, message.first_click_hash, message.first_bounce_hash, message.first_unsubscribe_hash,
    message.opens, message.human_opens, message.clicks, message.human_clicks, message.hard_bounces,
    message.soft_bounces, message.other_bounces, message.unsubscribes, message.forwards, message.forward_opt_ins,
    message.survey_answers, message.is_first_open, message.is_first_click, message.is_first_bounce,
    message.is_first_unsubscribe, message.bounce_kind, message.bounce_category
  )
  from pg_temp.message as message
  join pg_temp.old_message as old using (job_id, subscriber_key, batch_id)
  where message is distinct from old
    and known.account_id = message.account_id and known.job_id = message.job_id
    and known.subscriber_key = message.subscriber_key and known.batch_id = message.batch_id
)
insert into tracking.recipients (
  account_id, job_id, batch_id, subscriber_key, sent_at, last_sent_at, list_id, subscriber_id, not_sent_at,
  last_not_sent_at, first_open_at, last_open_at, first_human_open_at, last_human_open_at, first_click_at,
  last_click_at, first_human_click_at, last_human_click_at, bounced_at, last_bounced_at, unsubscribed_at,
  last_unsubscribed_at, unsubscribed_from_all_at, first_forward_at, last_forward_at, first_forward_opt_in_at,
  last_forward_opt_in_at, first_survey_at, last_survey_at, first_open_hash, first_click_hash, first_bounce_hash,
  first_unsubscribe_hash, opens, human_opens, clicks, human_clicks, hard_bounces, soft_bounces, other_bounces,
  unsubscribes, forwards, forward_opt_ins, survey_answers, is_first_open, is_first_click, is_first_bounce,
  is_first_unsubscribe, bounce_kind, bounce_category
)
select
  account_id, job_id, batch_id, subscriber_key, sent_at, last_sent_at, list_id, subscriber_id, not_sent_at,
  last_not_sent_at, first_open_at, last_open_at, first_human_open_at, last_human_open_at, first_click_at,
  last_click_at, first_human_click_at, last_human_click_at, bounced_at, last_bounced_at, unsubscribed_at,
  last_unsubscribed_at, unsubscribed_from_all_at, first_forward_at, last_forward_at, first_forward_opt_in_at,
  last_forward_opt_in_at, first_survey_at, last_survey_at, first_open_hash, first_click_hash, first_bounce_hash,
  first_unsubscribe_hash, opens, human_opens, clicks, human_clicks, hard_bounces, soft_bounces, other_bounces,
  unsubscribes, forwards, forward_opt_ins, survey_answers, is_first_open, is_first_click, is_first_bounce,
  is_first_unsubscribe, bounce_kind, bounce_category
from pg_temp.message as message
where not exists (
  select from pg_temp.old_message as old
  where old.job_id = message.job_id and old.subscriber_key = message.subscriber_key
    and old.batch_id = message.batch_id);
