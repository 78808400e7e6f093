-- The working tables of an erasure besides those of a refresh; they vanish with its transaction. Rows are looked up one by
-- one: Postgres knows nothing of what the tables will hold, and would read partitions whole where they are small.
create temporary table instant (event_type varchar(30), job_id bigint, occurred_at timestamptz) on commit drop;
create temporary table span (event_type varchar(30), job_id bigint, first_at timestamptz, last_at timestamptz) on commit drop;
create temporary table erased (
  event_type varchar(30), job_id bigint, batch_id bigint, occurred_at timestamptz, url_id bigint, event_hash bigint
) on commit drop;
set local enable_seqscan = off;
set local enable_hashjoin = off;
set local enable_mergejoin = off;
