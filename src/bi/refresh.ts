import { inTransaction, type Pool, type Queryable } from '../store/connection/pool.ts';
import { lockAccount, lockLane } from './account-lock.ts';
import { finishBuilding, markAllJobs, markStaleJobs, readBasis } from './build.ts';
import { laneCount, refreshChangedJobs } from './refresh-jobs.ts';

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
 * change, one account at a time under a lock, a few jobs a transaction, in lanes side by side. Killed anywhere, the next
 * refresh goes on. An account that is new, or whose rules or time zone were changed, is built from all its events.
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
      await markStaleJobs(tx, accountId);
      lastChangeId ??= await readLastChange(tx, accountId);
      const isDone = !(await hasChanges(tx, { accountId, lastChangeId }));
      if (isDone) await finishBuilding(tx, accountId);
      return { isDone, lastChangeId };
    });
    if (step === undefined) return undefined;
    if (step.isDone) return jobs;
    const refreshed = await refreshJobs(pool, { accountId, lastChangeId: step.lastChangeId, waits, signal });
    if (refreshed === undefined) return undefined;
    jobs += refreshed;
  }
}

interface Refreshing {
  readonly accountId: number;
  readonly lastChangeId: number;
  readonly waits: boolean;
  readonly signal: AbortSignal | undefined;
}

/** Computes the jobs that the log names, some side by side; undefined where another process does. */
async function refreshJobs(pool: Pool, refreshing: Refreshing): Promise<number | undefined> {
  const lanes = Array.from({ length: laneCount }, (_, lane) => refreshLane(pool, refreshing, lane));
  // No lane is left running where another fails.
  await Promise.allSettled(lanes);
  const jobs = await Promise.all(lanes);
  return jobs.includes(undefined) ? undefined : jobs.reduce<number>((sum, of = 0) => sum + of, 0);
}

/** Ends when no job of the lane is left, or when all jobs of the account have to be marked first. */
async function refreshLane(
  pool: Pool,
  { accountId, lastChangeId, waits, signal }: Refreshing,
  lane: number,
): Promise<number | undefined> {
  let jobs = 0;
  for (;;) {
    signal?.throwIfAborted();
    const refreshed = await inTransaction(pool, async (tx) => {
      if (!(await lockLane(tx, { accountId, lane, waits }))) return undefined;
      if (!(await hasChanges(tx, { accountId, lastChangeId, lane }))) return 0;
      const basis = await readBasis(tx, accountId);
      return basis === undefined ? 0 : await refreshChangedJobs(tx, { accountId, ...basis, lane });
    });
    if (refreshed === undefined) return undefined;
    if (refreshed === 0) return jobs;
    jobs += refreshed;
  }
}

async function readLastChange(tx: Queryable, accountId: number): Promise<number> {
  const { rows } = await tx.query<{ last: number }>(
    'select coalesce(max(change_id), 0) as last from pipeline.rollup_changes where account_id = $1',
    [accountId],
  );
  return rows[0]?.last ?? 0;
}

async function hasChanges(
  tx: Queryable,
  { accountId, lastChangeId, lane = null }: { accountId: number; lastChangeId: number; lane?: number | null },
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `select from pipeline.rollup_changes
     where account_id = $1 and job_id is not null and change_id <= $2
       and ($4::integer is null or abs(job_id) % $3::integer = $4) limit 1`,
    [accountId, lastChangeId, laneCount, lane],
  );
  return rowCount === 1;
}
