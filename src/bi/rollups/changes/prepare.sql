-- The working tables of one refresh; they vanish with its transaction. A text may be long, so that Postgres makes a second
-- table and an index beside each table that has one: types of events are shorter.
set local work_mem = '64MB';
set local default_statistics_target = 10;
create temporary table dirty (job_id bigint, event_type varchar(30), first_at timestamptz, last_at timestamptz) on commit drop;
create temporary table frozen_line (job_id bigint, event_type varchar(30), first_at timestamptz, last_at timestamptz) on commit drop;
create temporary table known_link (job_id bigint, links bigint) on commit drop;
create temporary table touched (job_id bigint, subscriber_key text) on commit drop;
create temporary table changed_person (subscriber_key text, day date, human_day date) on commit drop;
create temporary table receded (subscriber_key text) on commit drop;
create temporary table message (like tracking.recipients) on commit drop;
create temporary table old_message (like tracking.recipients) on commit drop;
create temporary table person (
  sign integer, job_id bigint, subscriber_key text, sent_at timestamptz, not_sent_at timestamptz, opened_at timestamptz,
  human_opened_at timestamptz, clicked_at timestamptz, human_clicked_at timestamptz, bounced_at timestamptz,
  unsubscribed_at timestamptz, forwarded_at timestamptz, opted_in_at timestamptz, answered_at timestamptz
) on commit drop;
