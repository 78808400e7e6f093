-- Moves the ends of the days that began or ended with an event that was erased.
-- $1 account, $2 jobs that are not frozen.
-- Reads <table>_identity of the months of the day.
with edge as (
  select distinct known.job_id, known.event_type, known.day, known.first_at, known.last_at
  from pg_temp.erased
  cross join bi.settings
  join tracking.job_days as known
    on known.account_id = $1 and known.job_id = erased.job_id and known.event_type = erased.event_type
    and known.day = (erased.occurred_at at time zone settings.time_zone)::date
    and erased.occurred_at in (known.first_at, known.last_at)
  where erased.job_id = any ($2::bigint[])
)
update tracking.job_days as known
set first_at = rest.first_at, last_at = rest.last_at
from edge
cross join lateral (
  select min(event.occurred_at) as first_at, max(event.occurred_at) as last_at
  from bi.all_events as event
  where event.account_id = $1 and event.job_id = edge.job_id and event.event_type = edge.event_type
    and event.occurred_at between edge.first_at and edge.last_at
) as rest
where known.account_id = $1 and known.job_id = edge.job_id and known.event_type = edge.event_type
  and known.day = edge.day;
