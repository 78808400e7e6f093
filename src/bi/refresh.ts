import { inTransaction, type Pool, type Queryable } from '../store/connection/pool.ts';
import { lockAccount, lockLane } from './account-lock.ts';
import { dropPersonIndexWhereEmpty, finishBuilding, markAllJobs, markStaleJobs, readBasis } from './build.ts';
import { laneCount, refreshChangedJobs } from './refresh-jobs.ts';

/** Jobs with fewer messages in all are computed at once, in the transaction that has found them: lanes would cost more. */
const littleMessagesMax = 20_000;

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
 * change, one account at a time under a lock: a few jobs a transaction, in lanes side by side, or all at once where there
 * is little to do. Killed anywhere, the next refresh goes on. An account that is new, or whose rules or time zone were changed, is built from all its events.
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
      const waiting = await readWaiting(tx, accountId, lastChangeId);
      lastChangeId ??= waiting.lastChangeId;
      const isLittle = waiting.messages <= littleMessagesMax;
      if (isLittle) {
        if (waiting.jobs > 0) jobs += await refreshChangedJobs(tx, { accountId, ...basis });
        await finishBuilding(tx, accountId, { isPrepared: waiting.jobs > 0 });
      } else if (basis.isBuilding) {
        await dropPersonIndexWhereEmpty(tx);
      }
      return { isDone: isLittle, lastChangeId };
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

interface Waiting {
  /** Of the lines that were looked at. */
  readonly lastChangeId: number;
  readonly jobs: number;
  /** Of these jobs, about. */
  readonly messages: number;
}

/** What waits in the log, or of it what was there when a refresh began. */
async function readWaiting(tx: Queryable, accountId: number, upTo: number | undefined): Promise<Waiting> {
  const { rows } = await tx.query<Waiting>(
    `select coalesce(max(last_change_id), 0) as "lastChangeId", count(*) as jobs,
            coalesce(sum(messages), 0)::bigint as messages
     from (
       -- As the lines are taken: a job of unknown size is taken for a middling one.
       select max(line.change_id) as last_change_id,
              coalesce(max(total.sent), max(job.number_sent), 25000) as messages
       from pipeline.rollup_changes as line
       left join tracking.job_totals as total on total.account_id = $1 and total.job_id = line.job_id
       left join tracking.jobs as job on job.account_id = $1 and job.job_id = line.job_id
       where line.account_id = $1 and line.job_id is not null
         and ($2::bigint is null or line.change_id <= $2)
       group by line.job_id
     ) as waiting`,
    [accountId, upTo ?? null],
  );
  return rows[0] ?? { lastChangeId: 0, jobs: 0, messages: 0 };
}

async function hasChanges(
  tx: Queryable,
  { accountId, lastChangeId, lane }: { accountId: number; lastChangeId: number; lane: number },
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `select from pipeline.rollup_changes
     where account_id = $1 and job_id is not null and change_id <= $2 and abs(job_id) % $3::integer = $4
     limit 1`,
    [accountId, lastChangeId, laneCount, lane],
  );
  return rowCount === 1;
}
