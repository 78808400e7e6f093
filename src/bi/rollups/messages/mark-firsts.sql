-- Of people with several messages in a job, one message has the first open, click, bounce and unsubscribe.
with several as (
  select job_id, subscriber_key
  from pg_temp.message
  where job_id in (select job_id from pg_temp.message group by job_id having min(batch_id) < max(batch_id))
  group by job_id, subscriber_key
  having count(*) > 1
), ranked as (
  select job_id, subscriber_key, batch_id,
         row_number() over (person order by first_open_at, batch_id) as open_rank,
         row_number() over (person order by first_click_at, batch_id) as click_rank,
         row_number() over (person order by bounced_at, batch_id) as bounce_rank,
         row_number() over (person order by unsubscribed_at, batch_id) as unsubscribe_rank
  from pg_temp.message
  join several using (job_id, subscriber_key)
  window person as (partition by job_id, subscriber_key)
)
update pg_temp.message as message
set is_first_open = first_open_at is not null and open_rank = 1,
    is_first_click = first_click_at is not null and click_rank = 1,
    is_first_bounce = bounced_at is not null and bounce_rank = 1,
    is_first_unsubscribe = unsubscribed_at is not null and unsubscribe_rank = 1
from ranked
where message.job_id = ranked.job_id and message.subscriber_key = ranked.subscriber_key
  and message.batch_id = ranked.batch_id;
