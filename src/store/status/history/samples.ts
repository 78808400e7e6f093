import type { Queryable } from '../../connection/pool.ts';
import { readEventTypes } from '../coverage/event-types.ts';

/** Lag and backlog at one instant. */
export interface StatusSample {
  readonly at: Date;
  /** Null where no job was open. */
  readonly lagSeconds: number | null;
  readonly openTasks: number;
  readonly parkedTasks: number;
  readonly rejectedRecords: number;
}

/** Charts show two days; the rest of the month is for queries. */
const keptDays = 31;
const gateKeptDays = 366;
/** The share of the allowance needs one year. */
const requestsKeptDays = 2 * 366;

/** Writes what the report says now, and deletes what is older than a month, of the gate than a year, of requests than two. */
export async function takeStatusSample(database: Queryable, now: Date): Promise<void> {
  const rows = await readEventTypes(database, now);
  const lags = rows.flatMap(({ lagSeconds }) => (lagSeconds === null ? [] : [lagSeconds]));
  const sum = (of: (row: (typeof rows)[number]) => number) => rows.reduce((total, row) => total + of(row), 0);
  await database.query(
    `insert into pipeline.status_samples (sampled_at, lag_seconds, open_tasks, parked_tasks, rejected_records)
     values ($1, $2, $3, $4, $5) on conflict (sampled_at) do nothing`,
    [
      now,
      lags.length === 0 ? null : Math.max(...lags),
      sum(({ openTasks }) => openTasks),
      sum(({ parkedTasks }) => parkedTasks),
      sum(({ rejectedRecords }) => rejectedRecords),
    ],
  );
  await database.query(
    'delete from pipeline.status_samples where sampled_at < $1::timestamptz - make_interval(days => $2)',
    [now, keptDays],
  );
  await database.query(
    'delete from pipeline.gate_changes where changed_at < $1::timestamptz - make_interval(days => $2)',
    [now, gateKeptDays],
  );
  await database.query(
    'delete from pipeline.request_days where day < ($1::timestamptz - make_interval(days => $2))::date',
    [now, requestsKeptDays],
  );
}

/** The samples since an instant, the oldest first, the highest of each quarter of an hour. */
export async function readStatusSamples(database: Queryable, since: Date): Promise<StatusSample[]> {
  // By the primary key: at most 12 rows an hour.
  const { rows } = await database.query<StatusSample>(
    `select date_bin('15 minutes', sampled_at, 'epoch') as at, max(lag_seconds) as "lagSeconds",
            max(open_tasks) as "openTasks", max(parked_tasks) as "parkedTasks",
            max(rejected_records) as "rejectedRecords"
     from pipeline.status_samples where sampled_at >= $1 group by 1 order by 1`,
    [since],
  );
  return rows;
}
