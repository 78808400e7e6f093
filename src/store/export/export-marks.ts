import type { Queryable } from '../connection/pool.ts';

/** What the last export of a name wrote. */
export interface ExportMark {
  readonly number: number;
  /** By account, instants as Postgres writes them: every change of a day before it is exported. */
  readonly marks: Readonly<Record<string, string>>;
}

export async function readExportMark(database: Queryable, name: string): Promise<ExportMark> {
  const { rows } = await database.query<ExportMark>(
    'select number, marks from pipeline.exports where name = $1',
    [name],
  );
  return rows[0] ?? { number: 0, marks: {} };
}

/** False where another export of the name ended meanwhile: nothing is written. */
export async function writeExportMark(
  database: Queryable,
  name: string,
  { number, marks }: ExportMark,
): Promise<boolean> {
  const { rowCount } = await database.query(
    `insert into pipeline.exports as known (name, number, marks) values ($1, $2, $3)
     on conflict (name) do update set number = excluded.number, marks = excluded.marks, exported_at = now()
     where known.number = excluded.number - 1`,
    [name, number, JSON.stringify(marks)],
  );
  return rowCount === 1;
}

/** A day of a job and event type whose events have changed. */
export interface ChangedDay {
  readonly accountId: number;
  readonly jobId: number;
  readonly eventType: string;
  /** Half-open, as Postgres writes instants. */
  readonly from: string;
  readonly to: string;
}

/**
 * Days of an account that changed since a mark, and the mark for the next time. To be called in a transaction that holds
 * the lock of the account's rollups: a process that refreshes them stamps the time under that lock, so a later change has a
 * later stamp.
 */
export async function readChangedDays(
  tx: Queryable,
  accountId: number,
  eventTypes: readonly string[],
  since: string | undefined,
): Promise<{ days: ChangedDay[]; mark: string }> {
  const { rows: clock } = await tx.query<{ mark: string }>('select clock_timestamp()::text as mark');
  const { rows: days } = await tx.query<ChangedDay>(
    `select account_id as "accountId", job_id as "jobId", event_type as "eventType",
            (day::timestamp at time zone time_zone)::text as "from",
            ((day + 1)::timestamp at time zone time_zone)::text as "to"
     from tracking.job_days, bi.settings
     where account_id = $1 and event_type = any($2) and ($3::timestamptz is null or changed_at > $3)
     order by event_type, day, job_id`,
    [accountId, eventTypes, since ?? null],
  );
  return { days, mark: clock[0]?.mark ?? '' };
}
