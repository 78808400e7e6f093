-- Writes the machine events that are new or have other reasons, and deletes those that are none any more.
with gone as (
  delete from tracking.machine_events as event
  using pg_temp.old_machine_event as old
  where event.account_id = old.account_id and event.job_id = old.job_id and event.event_type = old.event_type
    and event.occurred_at = old.occurred_at and event.event_hash = old.event_hash
    and not exists (
      select from pg_temp.signal
      where signal.job_id = old.job_id and signal.event_type = old.event_type
        and signal.occurred_at = old.occurred_at and signal.event_hash = old.event_hash
        and signal.reasons <> '{}')
)
insert into tracking.machine_events as known
  (account_id, job_id, batch_id, subscriber_key, event_type, occurred_at, url_id, event_hash, reasons)
select account_id, job_id, batch_id, subscriber_key, event_type, occurred_at, url_id, event_hash, reasons
from pg_temp.signal
where reasons <> '{}'
  and not exists (
    select from pg_temp.old_machine_event as old
    where old.job_id = signal.job_id and old.event_type = signal.event_type
      and old.occurred_at = signal.occurred_at and old.event_hash = signal.event_hash
      and old.reasons = signal.reasons)
on conflict (account_id, job_id, event_type, occurred_at, event_hash) do update
set reasons = excluded.reasons;
