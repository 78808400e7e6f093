-- Enters a line for all events of the jobs whose tracked links were read since they were computed: rules count links.
-- Jobs without clicks have nothing that a rule could apply to.
-- $1 account.
with known as (
  select job_id, count(*) as links
  from tracking.links
  where account_id = $1
  group by job_id
), noted as (
  update tracking.job_totals as total
  set links = known.links
  from known
  where total.account_id = $1 and total.job_id = known.job_id and total.click_events = 0
    and total.links <> known.links
)
insert into pipeline.rollup_changes (account_id, event_type, job_id, first_at, last_at)
select $1, 'all', total.job_id, '-infinity', 'infinity'
from tracking.job_totals as total
join known using (job_id)
where total.account_id = $1 and total.click_events > 0 and total.frozen_at is null and total.links <> known.links;
