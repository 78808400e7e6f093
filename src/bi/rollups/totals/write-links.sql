-- Counts the clicks of each link again and writes what differs.
-- $1 account, $2 jobs that are computed in part and whose clicks are counted again, $3 jobs that are computed as a whole,
-- $4 now, and where there are jobs that are computed in part $5 and $6 bounds of their events.
with click as (
  select job_id, url_id, subscriber_key, occurred_at, reasons <> '{}' as is_machine
  from pg_temp.reaction
  where job_id = any ($3::bigint[]) and event_type = 'click'
  union all
  -- if part jobs
  select event.job_id, event.url_id, event.subscriber_key, event.occurred_at, machine.event_hash is not null
  from bi.all_events as event
  left join tracking.machine_events as machine
    on machine.account_id = event.account_id and machine.job_id = event.job_id
    and machine.event_type = event.event_type and machine.occurred_at = event.occurred_at
    and machine.event_hash = event.event_hash
  where event.account_id = $1 and event.job_id = any ($2::bigint[])
    and event.occurred_at between $5 and $6 and event.event_type = 'click'
), clicker as (
  select job_id, coalesce(url_id, 0) as url_id, subscriber_key, count(*) as clicks,
         count(*) filter (where is_machine) as machine_clicks, min(occurred_at) as first_at, max(occurred_at) as last_at
  from click
  group by job_id, coalesce(url_id, 0), subscriber_key
), counted as (
  select job_id, url_id, sum(clicks)::bigint as clicks, count(subscriber_key) as clickers,
         sum(machine_clicks)::bigint as machine_clicks,
         count(subscriber_key) filter (where clicks > machine_clicks) as human_clickers,
         min(first_at) as first_click_at, max(last_at) as last_click_at
  from clicker
  group by job_id, url_id
), gone as (
  delete from tracking.link_totals as known
  where known.account_id = $1
    and known.job_id = any ($2::bigint[] || $3::bigint[])
    and not exists (
      select from counted where counted.job_id = known.job_id and counted.url_id = known.url_id)
)
insert into tracking.link_totals as known
  (account_id, job_id, url_id, clicks, clickers, machine_clicks, human_clickers, first_click_at, last_click_at,
   changed_at)
select $1, job_id, url_id, clicks, clickers, machine_clicks, human_clickers, first_click_at, last_click_at,
       $4::timestamptz
from counted
on conflict (account_id, job_id, url_id) do update
set clicks = excluded.clicks, clickers = excluded.clickers, machine_clicks = excluded.machine_clicks,
    human_clickers = excluded.human_clickers, first_click_at = excluded.first_click_at,
    last_click_at = excluded.last_click_at, changed_at = excluded.changed_at
where (known.clicks, known.clickers, known.machine_clicks, known.human_clickers, known.first_click_at,
       known.last_click_at)
  is distinct from (excluded.clicks, excluded.clickers, excluded.machine_clicks, excluded.human_clickers,
                    excluded.first_click_at, excluded.last_click_at);
