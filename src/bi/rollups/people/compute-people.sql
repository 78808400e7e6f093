-- What happened to people in a job over all their messages: now (sign 1) and as the totals have counted it (sign -1).
-- Jobs that are computed as a whole are counted from nothing. In a job of one batch a person has one message.
-- $1 jobs that are computed in part.
insert into pg_temp.person (
  sign, job_id, subscriber_key, sent_at, not_sent_at, opened_at, human_opened_at, clicked_at, human_clicked_at,
  bounced_at, unsubscribed_at, forwarded_at, opted_in_at, answered_at
)
with several as materialized (
  select job_id
  from (
    select job_id, batch_id from pg_temp.message
    union all
    select job_id, batch_id from pg_temp.old_message
  ) as entry
  group by job_id
  having min(batch_id) < max(batch_id)
)
select
  1, job_id, subscriber_key, sent_at, not_sent_at, first_open_at, least(first_human_open_at, first_human_click_at),
  first_click_at, first_human_click_at, bounced_at, unsubscribed_at, first_forward_at, first_forward_opt_in_at,
  first_survey_at
from pg_temp.message
where job_id not in (select job_id from several)
union all
select
  -1, job_id, subscriber_key, sent_at, not_sent_at, first_open_at, least(first_human_open_at, first_human_click_at),
  first_click_at, first_human_click_at, bounced_at, unsubscribed_at, first_forward_at, first_forward_opt_in_at,
  first_survey_at
from pg_temp.old_message
where job_id = any ($1::bigint[]) and job_id not in (select job_id from several)
union all
select
  sign, job_id, subscriber_key, min(sent_at), min(not_sent_at), min(first_open_at),
  least(min(first_human_open_at), min(first_human_click_at)), min(first_click_at), min(first_human_click_at),
  min(bounced_at), min(unsubscribed_at), min(first_forward_at), min(first_forward_opt_in_at), min(first_survey_at)
from (
  select 1 as sign, message.* from pg_temp.message as message
  union all
  select -1, old.* from pg_temp.old_message as old where old.job_id = any ($1::bigint[])
) as entry
where job_id in (select job_id from several)
group by sign, job_id, subscriber_key;
