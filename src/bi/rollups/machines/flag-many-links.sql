-- Flags the clicks of people who follow many links of one message at once, or nearly all of them, and other links of it at
-- other times: all clicks at once are flagged by flag-walks.sql.
-- $1 rule, $2 its span, $3 least number of different links, $4 least share of the job's links or null.
with click as (
  select reaction.job_id, reaction.batch_id, reaction.subscriber_key, occurred_at, event_hash,
         array_agg(coalesce(url_id, event_hash)) over (
           partition by reaction.job_id, reaction.batch_id, reaction.subscriber_key order by occurred_at
           range between current row and $2::interval following) as next_links
  from pg_temp.reaction as reaction
  join pg_temp.clicker as clicker
    on clicker.job_id = reaction.job_id and clicker.batch_id = reaction.batch_id
    and clicker.subscriber_key = reaction.subscriber_key
  where reaction.event_type = 'click' and clicker.span > $2::interval and clicker.links >= $3::integer
), counted as (
  select click.*,
         case when cardinality(next_links) >= $3::integer
           then (select count(distinct link) from unnest(next_links) as next (link)) else 0 end as links
  from click
), judged as (
  select counted.job_id, batch_id, subscriber_key, occurred_at, event_hash,
         bool_or(counted.links >= $3 and ($4::numeric is null or counted.links >= $4 * known.links)) over (
           partition by counted.job_id, batch_id, subscriber_key order by occurred_at
           range between $2::interval preceding and current row) as is_in_walk
  from counted
  left join pg_temp.known_link as known on known.job_id = counted.job_id
)
update pg_temp.reaction as reaction
set reasons = reaction.reasons || array[$1::text]
from judged
where judged.is_in_walk and reaction.event_type = 'click' and reaction.job_id = judged.job_id
  and reaction.batch_id = judged.batch_id and reaction.subscriber_key = judged.subscriber_key
  and reaction.occurred_at = judged.occurred_at and reaction.event_hash = judged.event_hash;
