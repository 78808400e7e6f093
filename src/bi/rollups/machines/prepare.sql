-- The working tables of a refresh for opens and clicks, where there are any; they vanish with its transaction.
create temporary table reaction (
  job_id bigint, batch_id bigint, subscriber_key text, event_type text, occurred_at timestamptz, url_id bigint,
  event_hash bigint, reasons text[], sent_at timestamptz, first_at timestamptz, events integer
) on commit drop;
create temporary table touched_event (
  job_id bigint, batch_id bigint, subscriber_key text, event_type text, occurred_at timestamptz, url_id bigint,
  event_hash bigint
) on commit drop;
create temporary table clicker (
  job_id bigint, batch_id bigint, subscriber_key text, span interval, links bigint
) on commit drop;
create temporary table old_machine_event (like tracking.machine_events) on commit drop;
