-- Computes people of an account again from their messages, and writes those who differ.
-- $1 account, $2 true: everybody; false: those of pg_temp.receded, by the index recipients_person.
with again as (
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
  from (
    select subscriber_key, subscriber_id, sent_at, last_sent_at, first_open_at, last_open_at,
           first_human_open_at, last_human_open_at, first_click_at, last_click_at, first_human_click_at,
           last_human_click_at, bounced_at, last_bounced_at, unsubscribed_at, last_unsubscribed_at,
           unsubscribed_from_all_at, last_forward_at, last_survey_at, not_sent_at, hard_bounces, human_opens,
           human_clicks, opens, clicks, unsubscribes, forwards, survey_answers
    from tracking.recipients
    where $2 and account_id = $1
    union all
    select recipient.*
    from pg_temp.receded
    cross join lateral (
      select subscriber_key, subscriber_id, sent_at, last_sent_at, first_open_at, last_open_at,
             first_human_open_at, last_human_open_at, first_click_at, last_click_at, first_human_click_at,
             last_human_click_at, bounced_at, last_bounced_at, unsubscribed_at, last_unsubscribed_at,
             unsubscribed_from_all_at, last_forward_at, last_survey_at, not_sent_at, hard_bounces, human_opens,
             human_clicks, opens, clicks, unsubscribes, forwards, survey_answers
      from tracking.recipients as known
      where known.account_id = $1 and known.subscriber_key = receded.subscriber_key
      offset 0) as recipient
    where not $2
  ) as message
  group by subscriber_key
), gone as (
  delete from tracking.subscribers as known
  using (
    select person.subscriber_key from tracking.subscribers as person where $2 and person.account_id = $1
    union all
    select receded.subscriber_key from pg_temp.receded where not $2
  ) as looked_at
  where known.account_id = $1 and known.subscriber_key = looked_at.subscriber_key
    and not exists (select from again where again.subscriber_key = known.subscriber_key)
)
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
  subscriber_id, first_sent_at, last_sent_at, first_open_at, last_open_at, first_human_open_at, last_human_open_at,
  first_click_at, last_click_at, first_human_click_at, last_human_click_at, first_bounced_at, last_bounced_at,
  first_unsubscribed_at, last_unsubscribed_at, unsubscribed_from_all_at, last_forward_at, last_survey_at, sent,
  not_sent, delivered, bounced, hard_bounced, opened, human_opened, clicked, human_clicked, opens, clicks,
  unsubscribes, forwards, survey_answers
from again
on conflict (account_id, subscriber_key) do update
set (
  subscriber_id, first_sent_at, last_sent_at, first_open_at, last_open_at, first_human_open_at, last_human_open_at,
  first_click_at, last_click_at, first_human_click_at, last_human_click_at, first_bounced_at, last_bounced_at,
  first_unsubscribed_at, last_unsubscribed_at, unsubscribed_from_all_at, last_forward_at, last_survey_at, sent,
  not_sent, delivered, bounced, hard_bounced, opened, human_opened, clicked, human_clicked, opens, clicks,
  unsubscribes, forwards, survey_answers
) = row(
  excluded.subscriber_id, excluded.first_sent_at, excluded.last_sent_at, excluded.first_open_at,
  excluded.last_open_at, excluded.first_human_open_at, excluded.last_human_open_at, excluded.first_click_at,
  excluded.last_click_at, excluded.first_human_click_at, excluded.last_human_click_at, excluded.first_bounced_at,
  excluded.last_bounced_at, excluded.first_unsubscribed_at, excluded.last_unsubscribed_at,
  excluded.unsubscribed_from_all_at, excluded.last_forward_at, excluded.last_survey_at, excluded.sent,
  excluded.not_sent, excluded.delivered, excluded.bounced, excluded.hard_bounced, excluded.opened,
  excluded.human_opened, excluded.clicked, excluded.human_clicked, excluded.opens, excluded.clicks,
  excluded.unsubscribes, excluded.forwards, excluded.survey_answers
)
where (
  known.subscriber_id, known.first_sent_at, known.last_sent_at, known.first_open_at, known.last_open_at,
  known.first_human_open_at, known.last_human_open_at, known.first_click_at, known.last_click_at,
  known.first_human_click_at, known.last_human_click_at, known.first_bounced_at, known.last_bounced_at,
  known.first_unsubscribed_at, known.last_unsubscribed_at, known.unsubscribed_from_all_at, known.last_forward_at,
  known.last_survey_at, known.sent, known.not_sent, known.delivered, known.bounced, known.hard_bounced, known.opened,
  known.human_opened, known.clicked, known.human_clicked, known.opens, known.clicks, known.unsubscribes,
  known.forwards, known.survey_answers
) is distinct from (
  excluded.subscriber_id, excluded.first_sent_at, excluded.last_sent_at, excluded.first_open_at,
  excluded.last_open_at, excluded.first_human_open_at, excluded.last_human_open_at, excluded.first_click_at,
  excluded.last_click_at, excluded.first_human_click_at, excluded.last_human_click_at, excluded.first_bounced_at,
  excluded.last_bounced_at, excluded.first_unsubscribed_at, excluded.last_unsubscribed_at,
  excluded.unsubscribed_from_all_at, excluded.last_forward_at, excluded.last_survey_at, excluded.sent,
  excluded.not_sent, excluded.delivered, excluded.bounced, excluded.hard_bounced, excluded.opened,
  excluded.human_opened, excluded.clicked, excluded.human_clicked, excluded.opens, excluded.clicks,
  excluded.unsubscribes, excluded.forwards, excluded.survey_answers
);
