-- Flags the clicks of people who follow many links of one message at once, or nearly all of them.
-- $1 rule, $2 its span, $3 least number of different links, $4 least share of the job's links or null.
with click as (
  select job_id, batch_id, subscriber_key, occurred_at, event_hash,
         array_agg(link) over (
           partition by job_id, batch_id, subscriber_key order by occurred_at
           range between current row and $2::interval following) as next_links
  from pg_temp.signal
  where event_type = 'click'
), counted as (
  select click.*,
         case when cardinality(next_links) >= $3::integer
           then (select count(distinct link) from unnest(next_links) as next (link)) else 0 end as links
  from click
), judged as (
  select counted.job_id, occurred_at, event_hash,
         bool_or(counted.links >= $3 and ($4::numeric is null or counted.links >= $4 * known.links)) over (
           partition by counted.job_id, batch_id, subscriber_key order by occurred_at
           range between $2::interval preceding and current row) as is_in_walk
  from counted
  left join pg_temp.known_link as known on known.job_id = counted.job_id
)
update pg_temp.signal as signal
set reasons = signal.reasons || array[$1::text]
from judged
where judged.is_in_walk and signal.event_type = 'click' and signal.job_id = judged.job_id
  and signal.occurred_at = judged.occurred_at and signal.event_hash = judged.event_hash;
