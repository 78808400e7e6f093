-- Takes a person off the links. Clicks of frozen jobs stay counted.
-- $1 account, $2 jobs that are not frozen, $3 now.
-- Reads click_events_identity where a link's first or last click was erased.
with taken as (
  select erased.job_id, coalesce(erased.url_id, 0) as url_id, count(*) as clicks,
         count(machine.event_hash) as machine_clicks, min(erased.occurred_at) as first_at,
         max(erased.occurred_at) as last_at
  from pg_temp.erased
  left join pg_temp.old_machine_event as machine
    on machine.job_id = erased.job_id and machine.event_type = erased.event_type
    and machine.occurred_at = erased.occurred_at and machine.event_hash = erased.event_hash
  where erased.job_id = any ($2::bigint[]) and erased.event_type = 'click'
  group by erased.job_id, coalesce(erased.url_id, 0)
), gone as (
  delete from tracking.link_totals as known
  using taken
  where known.account_id = $1 and known.job_id = taken.job_id and known.url_id = taken.url_id
    and known.clicks = taken.clicks
), rest as (
  select taken.*, bounds.first_click_at, bounds.last_click_at
  from taken
  join tracking.link_totals as known
    on known.account_id = $1 and known.job_id = taken.job_id and known.url_id = taken.url_id
    and known.clicks > taken.clicks
  cross join lateral (
    select min(event.occurred_at) as first_click_at, max(event.occurred_at) as last_click_at
    from tracking.click_events as event
    where event.account_id = $1 and event.job_id = known.job_id and coalesce(event.url_id, 0) = known.url_id
      and event.occurred_at between known.first_click_at and known.last_click_at
      and (taken.first_at = known.first_click_at or taken.last_at = known.last_click_at)
  ) as bounds
)
update tracking.link_totals as known
set clicks = known.clicks - rest.clicks, clickers = known.clickers - 1,
    machine_clicks = known.machine_clicks - rest.machine_clicks,
    human_clickers = known.human_clickers - case when rest.clicks > rest.machine_clicks then 1 else 0 end,
    first_click_at = coalesce(rest.first_click_at, known.first_click_at),
    last_click_at = coalesce(rest.last_click_at, known.last_click_at), changed_at = $3::timestamptz
from rest
where known.account_id = $1 and known.job_id = rest.job_id and known.url_id = rest.url_id;
