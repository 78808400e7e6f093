import { inTransaction, type Pool, type Queryable } from '../store/connection/pool.ts';
import { finishBuilding, markAllJobs, markStaleJobs } from './build.ts';
import { refreshChangedJobs } from './refresh-jobs.ts';

export interface RefreshOptions {
  /** Whether to wait for another process that refreshes the same account; otherwise the account is left to it. */
  readonly waits: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface RefreshOutcome {
  /** Jobs that were computed, each as often as it was. */
  readonly jobs: number;
  /** Accounts that another process was refreshing. */
  readonly busyAccounts: readonly number[];
}

/**
 * Brings the rollups behind `bi` up to date with all events that are committed when it starts.
 *
 * The log `pipeline.rollup_changes` says what changed; its lines are deleted in the transaction that computes what they
 * change, one account at a time under a lock, a few jobs a transaction. Killed anywhere, the next refresh goes on. An
 * account that is new, or whose rules or time zone were changed, is computed from all its events.
 *
 * @throws {StoreUnavailableError} when the database cannot be reached.
 */
export async function refreshRollups(pool: Pool, options: RefreshOptions): Promise<RefreshOutcome> {
  let jobs = 0;
  const busyAccounts: number[] = [];
  for (const accountId of await accountsWithEvents(pool)) {
    const refreshed = await refreshAccount(pool, accountId, options);
    if (refreshed === undefined) busyAccounts.push(accountId);
    else jobs += refreshed;
  }
  return { jobs, busyAccounts };
}

/**
 * Builds the rollups of all accounts anew from their events; what is there stays until it is written over.
 *
 * @throws {StoreUnavailableError} when the database cannot be reached.
 */
export async function rebuildRollups(pool: Pool, signal?: AbortSignal): Promise<RefreshOutcome> {
  for (const accountId of await accountsWithEvents(pool)) {
    await inTransaction(pool, async (tx) => {
      await lockAccount(tx, accountId, true);
      await markAllJobs(tx, accountId);
    });
  }
  return await refreshRollups(pool, { waits: true, signal });
}

/** Accounts that are known, and those that only the log names. */
export async function accountsWithEvents(database: Queryable): Promise<number[]> {
  const { rows } = await database.query<{ id: number }>(
    `select account_id as id from pipeline.accounts
     union select account_id from pipeline.rollup_state
     union select account_id from pipeline.rollup_changes
     order by id`,
  );
  return rows.map(({ id }) => id);
}

async function refreshAccount(
  pool: Pool,
  accountId: number,
  { waits, signal }: RefreshOptions,
): Promise<number | undefined> {
  let jobs = 0;
  // Loading may go on all the time: only what is in the log now is waited for.
  let lastChangeId: number | undefined;
  for (;;) {
    signal?.throwIfAborted();
    const step = await inTransaction(pool, async (tx) => {
      if (!(await lockAccount(tx, accountId, waits))) return undefined;
      const basis = await markStaleJobs(tx, accountId);
      lastChangeId ??= await readLastChange(tx, accountId);
      const refreshed = await refreshChangedJobs(tx, { accountId, ...basis });
      const isDone = !(await hasChanges(tx, accountId, lastChangeId));
      if (isDone) await finishBuilding(tx, accountId);
      return { refreshed, isDone };
    });
    if (step === undefined) return undefined;
    jobs += step.refreshed;
    if (step.isDone) return jobs;
  }
}

/** One refresher an account, over all processes; the transaction's end frees it. */
export async function lockAccount(tx: Queryable, accountId: number, waits: boolean): Promise<boolean> {
  // What is computed can be computed again: a commit that a crash loses brings its lines back with it.
  await tx.query('set local synchronous_commit = off');
  const key = `hashtextextended('sfmc-tracking rollups', $1)`;
  if (waits) await tx.query('set local lock_timeout = 0');
  const { rows } = await tx.query<{ isLocked: boolean }>(
    waits
      ? `select true as "isLocked" from pg_advisory_xact_lock(${key})`
      : `select pg_try_advisory_xact_lock(${key}) as "isLocked"`,
    [accountId],
  );
  return rows[0]?.isLocked === true;
}

async function readLastChange(tx: Queryable, accountId: number): Promise<number> {
  const { rows } = await tx.query<{ last: number }>(
    'select coalesce(max(change_id), 0) as last from pipeline.rollup_changes where account_id = $1',
    [accountId],
  );
  return rows[0]?.last ?? 0;
}

async function hasChanges(tx: Queryable, accountId: number, lastChangeId: number): Promise<boolean> {
  const { rowCount } = await tx.query(
    `select from pipeline.rollup_changes
     where account_id = $1 and job_id is not null and change_id <= $2 limit 1`,
    [accountId, lastChangeId],
  );
  return rowCount === 1;
}
