-- Notes the people of whom a message changed, and the days on which they last opened or clicked until now: null where
-- they are not counted in engagement_days.
-- $1 account.
insert into pg_temp.changed_person (subscriber_key, day, human_day)
select changed.subscriber_key,
       case when known.sent > 0 and known.unsubscribed_from_all_at is null then coalesce(
         (greatest(known.last_open_at, known.last_click_at) at time zone settings.time_zone)::date, '-infinity') end,
       case when known.sent > 0 and known.unsubscribed_from_all_at is null then coalesce(
         (greatest(known.last_human_open_at, known.last_human_click_at) at time zone settings.time_zone)::date,
         '-infinity') end
from (
  select message.subscriber_key
  from pg_temp.message as message
  left join pg_temp.old_message as old using (job_id, subscriber_key, batch_id)
  where message is distinct from old
  union
  select old.subscriber_key
  from pg_temp.old_message as old
  left join pg_temp.message as message using (job_id, subscriber_key, batch_id)
  where message.job_id is null
) as changed
cross join bi.settings
left join lateral (
  select person.sent, person.unsubscribed_from_all_at, person.last_open_at, person.last_click_at,
         person.last_human_open_at, person.last_human_click_at
  from tracking.subscribers as person
  where person.account_id = $1 and person.subscriber_key = changed.subscriber_key
  offset 0) as known on true;
