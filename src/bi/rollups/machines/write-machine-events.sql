-- Writes the machine events that are new or have other reasons, and deletes those that are none any more.
-- $1 account.
with gone as (
  delete from tracking.machine_events as event
  using pg_temp.old_machine_event as old
  where event.account_id = old.account_id and event.job_id = old.job_id and event.event_type = old.event_type
    and event.occurred_at = old.occurred_at and event.event_hash = old.event_hash
    and not exists (
      select from pg_temp.reaction
      where reaction.job_id = old.job_id and reaction.event_type = old.event_type
        and reaction.occurred_at = old.occurred_at and reaction.event_hash = old.event_hash
        and reaction.reasons <> '{}')
), changed as (
  update tracking.machine_events as event
  set reasons = reaction.reasons
  from pg_temp.old_machine_event as old
  join pg_temp.reaction as reaction
    on reaction.job_id = old.job_id and reaction.event_type = old.event_type
    and reaction.occurred_at = old.occurred_at and reaction.event_hash = old.event_hash
  where reaction.reasons <> '{}' and reaction.reasons <> old.reasons
    and event.account_id = old.account_id and event.job_id = old.job_id and event.event_type = old.event_type
    and event.occurred_at = old.occurred_at and event.event_hash = old.event_hash
)
insert into tracking.machine_events
  (account_id, job_id, batch_id, subscriber_key, event_type, occurred_at, url_id, event_hash, reasons)
select $1::bigint, job_id, batch_id, subscriber_key, event_type, occurred_at, url_id, event_hash, reasons
from pg_temp.reaction as reaction
where reasons <> '{}'
  and not exists (
    select from pg_temp.old_machine_event as old
    where old.job_id = reaction.job_id and old.event_type = reaction.event_type
      and old.occurred_at = reaction.occurred_at and old.event_hash = reaction.event_hash)
-- In the order of the key: the index is written from one end to the other.
order by job_id, event_type, occurred_at, event_hash;
