import { inTransaction, type Pool, type Queryable } from '../store/connection/pool.ts';
import { lockAccount } from './account-lock.ts';
import { markJobs, markStaleJobs } from './build.ts';
import { accountsWithEvents } from './refresh.ts';
import { refreshChangedJobs } from './refresh-jobs.ts';
import { statement } from './statement.ts';

export interface CheckOptions {
  /** Jobs of each account that are compared. */
  readonly jobsMax: number;
  readonly signal?: AbortSignal | undefined;
}

export interface CheckOutcome {
  readonly checkedJobs: number;
  /** Jobs whose rollups were not what their events say. */
  readonly mismatches: readonly { readonly accountId: number; readonly jobId: number }[];
}

// A job of this size is computed within seconds; larger ones take too long for a sample.
const messagesMax = 200_000;

/**
 * Compares the rollups of a few jobs, picked by chance, with their events. What differs is corrected and reported: it
 * should never happen. Accounts that another process is refreshing, or that are being built, are left out.
 */
export async function checkRollups(pool: Pool, { jobsMax, signal }: CheckOptions): Promise<CheckOutcome> {
  const outcomes: { accountId: number; jobId: number; isEqual: boolean }[] = [];
  for (const accountId of await accountsWithEvents(pool)) {
    let [checked, mismatches] = [0, 0];
    for (const jobId of await sampleJobs(pool, accountId, jobsMax)) {
      signal?.throwIfAborted();
      const isEqual = await inTransaction(pool, (tx) => checkJob(tx, accountId, jobId));
      if (isEqual === undefined) continue;
      outcomes.push({ accountId, jobId, isEqual });
      checked += 1;
      mismatches += isEqual ? 0 : 1;
    }
    await pool.query(
      `update pipeline.rollup_state set checked_at = now(), checked_jobs = $2, mismatches = $3 where account_id = $1`,
      [accountId, checked, mismatches],
    );
  }
  return { checkedJobs: outcomes.length, mismatches: outcomes.filter(({ isEqual }) => !isEqual) };
}

/** Jobs that have no line in the log. */
async function sampleJobs(database: Queryable, accountId: number, jobsMax: number): Promise<number[]> {
  const { rows } = await database.query<{ jobId: number }>(
    `select job_id as "jobId" from tracking.job_totals as total
     where account_id = $1 and frozen_at is null and sent <= $2 and not exists (${linesOfJob('total.job_id')})
     order by random() limit $3`,
    [accountId, messagesMax, jobsMax],
  );
  return rows.map(({ jobId }) => jobId);
}

/** Computes a job as a whole; undefined where that says nothing, because its events are coming in or others refresh it. */
async function checkJob(tx: Queryable, accountId: number, jobId: number): Promise<boolean | undefined> {
  if (!(await lockAccount(tx, accountId, false))) return undefined;
  const basis = await markStaleJobs(tx, accountId);
  if (basis.isBuilding || (await isInLog(tx, accountId, jobId))) return undefined;
  const before = await fingerprint(tx, accountId, jobId);
  await markJobs(tx, accountId, [jobId]);
  await refreshChangedJobs(tx, { accountId, ...basis, onlyJobs: [jobId] });
  const after = await fingerprint(tx, accountId, jobId);
  return (await isInLog(tx, accountId, jobId)) ? undefined : before === after;
}

async function fingerprint(tx: Queryable, accountId: number, jobId: number): Promise<string | undefined> {
  const { rows } = await tx.query<{ fingerprint: string }>(statement('changes/fingerprint-job'), [
    accountId,
    jobId,
  ]);
  return rows[0]?.fingerprint;
}

async function isInLog(tx: Queryable, accountId: number, jobId: number): Promise<boolean> {
  const { rowCount } = await tx.query(`${linesOfJob('$2')} limit 1`, [accountId, jobId]);
  return rowCount === 1;
}

function linesOfJob(jobId: string): string {
  return `select from pipeline.rollup_changes as line where line.account_id = $1 and line.job_id = ${jobId}`;
}
