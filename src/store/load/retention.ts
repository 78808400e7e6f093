import { inTransaction, type Pool, type Queryable } from '../connection/pool.ts';

/** A month of an event table. */
export interface Month {
  readonly table: string;
  /** The table of the month, without its schema. */
  readonly name: string;
  readonly isAttached: boolean;
}

/** Months of a table that end before an instant, the oldest first; also one that a crash left detached. */
export async function listMonthsBefore(database: Queryable, table: string, keptFrom: Date): Promise<Month[]> {
  const { rows } = await database.query<{ name: string; isAttached: boolean }>(
    `select class.relname as name, class.relispartition as "isAttached"
     from pg_class as class
     where class.relnamespace = 'tracking'::regnamespace and class.relkind = 'r'
       and class.relname ~ ('^' || $1 || '_y[0-9]{4}m[0-9]{2}$')
       and right(class.relname, 8) < to_char($2::timestamptz at time zone 'UTC', '"y"YYYY"m"MM')
     order by class.relname`,
    [table, keptFrom],
  );
  return rows.map(({ name, isAttached }) => ({ table, name, isAttached }));
}

/** Readers of the table wait behind the one that drops its month: not for longer than that. */
const lockWait = '2s';

/**
 * Drops a month with its events, and freezes the rollups of the jobs that have events in it; false where rollups are
 * behind, so that what is in the month is not counted yet. To be called with the rollups of all accounts locked.
 *
 * @throws {StoreUnavailableError} when a reader holds the table for longer; nothing was changed.
 */
export async function dropMonth(tx: Queryable, { table, name, isAttached }: Month): Promise<boolean> {
  await tx.query(`set local lock_timeout = '${lockWait}'`);
  await tx.query(`lock table tracking.${name} in exclusive mode`);
  await tx.query(
    `create temporary table leaving on commit drop as
     select distinct account_id, job_id from tracking.${name} where job_id is not null`,
  );
  const { rowCount: behind } = await tx.query(
    `select from pipeline.rollup_changes join pg_temp.leaving using (account_id, job_id) limit 1`,
  );
  if (behind !== 0) return false;
  await tx.query(
    `update tracking.job_totals as total set frozen_at = now()
     from pg_temp.leaving
     where total.account_id = leaving.account_id and total.job_id = leaving.job_id and total.frozen_at is null`,
  );
  if (isAttached) await tx.query(`alter table tracking.${table} detach partition tracking.${name}`);
  await tx.query(`drop table tracking.${name}`);
  return true;
}

/**
 * Drops a month of details with the rows of all event types.
 *
 * @throws {StoreUnavailableError} when a reader holds the table for longer; nothing was changed.
 */
export async function dropMonthOfDetails(tx: Queryable, { table, name, isAttached }: Month): Promise<void> {
  await tx.query(`set local lock_timeout = '${lockWait}'`);
  if (isAttached) await tx.query(`alter table tracking.${table} detach partition tracking.${name}`);
  await tx.query(`drop table tracking.${name}`);
}

/** Deletes the details of event types within a month of them, whose other types are kept for longer. */
export async function deleteDetails(
  tx: Queryable,
  eventTypes: readonly string[],
  { name }: Month,
): Promise<void> {
  const [, year = '', month = ''] = /_y(\d{4})m(\d{2})$/u.exec(name) ?? [];
  await tx.query(
    `delete from tracking.extract_details
     where event_type = any($1) and occurred_at >= make_timestamptz($2, $3, 1, 0, 0, 0, 'UTC')
       and occurred_at < make_timestamptz($2, $3, 1, 0, 0, 0, 'UTC') + interval '1 month'`,
    [eventTypes, Number(year), Number(month)],
  );
}

/** Notes from when events of each type are kept, for the verdicts of `bi.completeness`. */
export async function recordRetention(pool: Pool, kept: ReadonlyMap<string, Date>): Promise<void> {
  await inTransaction(pool, async (tx) => {
    await tx.query('delete from pipeline.retention where event_type <> all($1)', [[...kept.keys()]]);
    await tx.query(
      `insert into pipeline.retention as known (event_type, kept_from)
       select event_type, kept_from from unnest($1::text[], $2::timestamptz[]) as kept (event_type, kept_from)
       on conflict (event_type) do update set kept_from = excluded.kept_from
       where known.kept_from is distinct from excluded.kept_from`,
      [[...kept.keys()], [...kept.values()]],
    );
  });
}
