import type pg from 'pg';

/**
 * Writes jobs of every age whose dates fall on, and a little beside, the instants at which a planning rule
 * changes, with checkpoints in every state, of any age, or missing.
 */
export async function plantJobHistory(
  pool: pg.Pool,
  jobs: number,
  now: Date,
  eventTypes: readonly string[],
): Promise<void> {
  const near = `(array[0, 7, 29, 30, 31, 37, 60, 61, 90, 200, 729])[1 + floor(random() * 11)]`;
  const beside = `(array[0, 0, 0.0005, -0.0005, 0.4, -0.4, 3600, -3600])[1 + floor(random() * 8)]`;
  const instant = `$1::timestamptz - make_interval(days => (${near})::int) + make_interval(secs => ${beside})`;
  const maybe = (sql: string) => `case when random() < 0.8 then ${sql} end`;
  await pool.query('select setseed(0.4)');
  await pool.query(
    `insert into tracking.triggered_sends (account_id, triggered_send_id, status)
     values (1, '00000000-0000-4000-8000-000000000001', 'Active'), (1, '00000000-0000-4000-8000-000000000002', 'Inactive')
     on conflict do nothing`,
  );
  await pool.query(
    `insert into tracking.jobs (account_id, job_id, status, is_triggered, triggered_send_id, created_at, scheduled_at,
                                sent_at, last_event_at, counters_at, number_sent, first_seen_at)
     select 1, job_id, 'Complete', random() < 0.2,
            case when random() < 0.2 then ('00000000-0000-4000-8000-00000000000' || 1 + floor(random() * 2))::uuid end,
            ${maybe(instant)}, ${maybe(instant)}, ${maybe(instant)}, case when random() < 0.3 then ${instant} end,
            ${maybe(instant)}, floor(random() * 2), ${instant}
     from generate_series(1, $2::int) as job_id`,
    [now, jobs],
  );
  await pool.query(
    `insert into pipeline.checkpoints (account_id, job_id, event_type, state, covered_from, covered_to, full_read_at, asked_at)
     select 1, job_id, event_type,
            case when event_type = 'sent' and random() < 0.5 then 'complete' when random() < 0.95 then 'closed' else 'open' end,
            ${instant}, ${instant}, case when random() < 0.5 then ${instant} end,
            case when random() < 0.95 then
              case when random() < 0.7 then $1::timestamptz - make_interval(days => 1 + floor(random() * 28)::int)
                   else ${instant} end end
     from tracking.jobs cross join unnest($2::text[]) as event_type where random() < 0.97`,
    [now, eventTypes],
  );
}
