-- Finds people whose first or last instants may have moved inwards: what was counted as an open of theirs is a machine's
-- now, or is gone.
insert into pg_temp.receded (subscriber_key)
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
  or greatest(old.last_survey_at, message.last_survey_at) is distinct from message.last_survey_at;
