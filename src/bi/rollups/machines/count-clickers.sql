-- Counts the different links that people followed of one message, and the time between their first click and their last.
-- Left out are people with fewer clicks than any rule of bi.engagement_rules asks for.
insert into pg_temp.clicker (job_id, batch_id, subscriber_key, span, links)
select job_id, batch_id, subscriber_key, max(last_at) - min(first_at), count(*)
from (
  select job_id, batch_id, subscriber_key, min(occurred_at) as first_at, max(occurred_at) as last_at
  from pg_temp.reaction
  where event_type = 'click'
    and events >= (
      select min(count) from bi.engagement_rules
      where enabled and rule in ('many_links_at_once', 'two_links_at_once', 'every_link_clicked'))
  group by job_id, batch_id, subscriber_key, coalesce(url_id, event_hash)
) as followed
group by job_id, batch_id, subscriber_key;
