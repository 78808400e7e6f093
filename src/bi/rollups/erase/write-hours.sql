-- Takes a person off the hours since sending. Opens and clicks of frozen jobs stay counted.
-- $1 account, $2 jobs that are not frozen, $3 now.
with moved as (
  select erased.job_id, old.sent_at, erased.occurred_at as at,
         case erased.event_type when 'open' then 1 else 0 end as opens,
         case erased.event_type when 'click' then 1 else 0 end as clicks,
         0 as machine_opens, 0 as machine_clicks, 0 as first_opens, 0 as human_first_opens, 0 as first_clicks,
         0 as human_first_clicks
  from pg_temp.erased
  join pg_temp.old_message as old on old.job_id = erased.job_id and old.batch_id = coalesce(erased.batch_id, 0)
  where erased.job_id = any ($2::bigint[]) and erased.event_type in ('open', 'click')
  union all
  select event.job_id, old.sent_at, event.occurred_at, 0, 0,
         case event.event_type when 'open' then 1 else 0 end, case event.event_type when 'click' then 1 else 0 end,
         0, 0, 0, 0
  from pg_temp.old_machine_event as event
  join pg_temp.old_message as old on old.job_id = event.job_id and old.batch_id = event.batch_id
  union all
  select old.job_id, old.sent_at, kind.at, 0, 0, 0, 0, kind.first_opens, kind.human_first_opens, kind.first_clicks,
         kind.human_first_clicks
  from pg_temp.old_message as old
  cross join lateral (values
    (old.first_open_at, 1, 0, 0, 0), (old.first_human_open_at, 0, 1, 0, 0), (old.first_click_at, 0, 0, 1, 0),
    (old.first_human_click_at, 0, 0, 0, 1)
  ) as kind (at, first_opens, human_first_opens, first_clicks, human_first_clicks)
  where kind.at is not null
), taken as (
  select job_id,
         least(720, greatest(0, extract(epoch from date_bin('1 hour', at, sent_at) - sent_at) / 3600))::integer as hour,
         sum(opens) as opens, sum(clicks) as clicks, sum(machine_opens) as machine_opens,
         sum(machine_clicks) as machine_clicks, sum(first_opens) as first_opens,
         sum(human_first_opens) as human_first_opens, sum(first_clicks) as first_clicks,
         sum(human_first_clicks) as human_first_clicks
  from moved
  where sent_at is not null
  group by job_id, hour
), gone as (
  delete from tracking.job_hours as known
  using taken
  where known.account_id = $1 and known.job_id = taken.job_id and known.hour = taken.hour
    and known.opens + known.clicks = taken.opens + taken.clicks
)
update tracking.job_hours as known
set opens = known.opens - taken.opens, machine_opens = known.machine_opens - taken.machine_opens,
    first_opens = known.first_opens - taken.first_opens,
    human_first_opens = known.human_first_opens - taken.human_first_opens, clicks = known.clicks - taken.clicks,
    machine_clicks = known.machine_clicks - taken.machine_clicks, first_clicks = known.first_clicks - taken.first_clicks,
    human_first_clicks = known.human_first_clicks - taken.human_first_clicks, changed_at = $3::timestamptz
from taken
where known.account_id = $1 and known.job_id = taken.job_id and known.hour = taken.hour
  and known.opens + known.clicks > taken.opens + taken.clicks;
