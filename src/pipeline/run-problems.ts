import type { ErrorCode } from '../errors.ts';
import { findRefusedAccounts } from '../store/accounts.ts';
import { findUnknownJobs } from '../store/jobs.ts';
import { findReadingProblems } from '../store/ledger/runs/reading-problems.ts';
import { findClockProblems } from '../store/planning/future-marks.ts';
import { findUnrequested } from '../store/ledger/runs/unrequested.ts';
import { countForeignRecords } from '../store/load/rejected-records.ts';
import type { Pool } from '../store/connection/pool.ts';

export interface RunProblem {
  /** Null where it is of no account in particular. */
  readonly accountId: number | null;
  readonly code: string;
  readonly message: string;
}

interface Scope {
  readonly runId: number;
  readonly accountIds: readonly number[];
  readonly jobIds: readonly number[] | undefined;
  /** A run that ended early may not have discovered the jobs that were named. */
  readonly isFinished: boolean;
}

/** What a run reports besides its counts: refused credentials, dimensions that were not read, wrong clocks, unknown jobs. */
export async function findRunProblems(scope: Scope, pool: Pool): Promise<RunProblem[]> {
  const { runId, accountIds, jobIds, isFinished } = scope;
  const refused = await findRefusedAccounts(pool, accountIds);
  return [
    ...refused.map(({ accountId, reason }) => ({ accountId, code: refusedCode, message: reason })),
    ...(await findReadingProblems(pool, runId)),
    ...(await findClockProblems(pool, runId, accountIds)).map((problem) => ({
      ...problem,
      code: 'CLOCK_WRONG',
    })),
    ...(await findUnexpectedRecords(pool, runId)),
    ...(isFinished && jobIds !== undefined ? await findUnknownJobProblems(accountIds, jobIds, pool) : []),
  ];
}

/** Fewer records of other business units are a matter of `rejected` alone. */
const foreignMin = 10;

/** Records that show a source that does not do as it was requested. */
async function findUnexpectedRecords(pool: Pool, runId: number): Promise<RunProblem[]> {
  const unrequested = await findUnrequested(pool, runId);
  const foreign = await countForeignRecords(pool, runId);
  return [
    ...unrequested.map(({ accountId, eventType, events }) => ({
      ...{ accountId, code: 'EVENTS_UNREQUESTED' },
      message: `${events} ${eventType} events are of another job or date than was requested; they were loaded`,
    })),
    ...foreign
      .filter(({ records }) => records >= foreignMin)
      .map(({ accountId, records }) => ({
        ...{ accountId, code: 'RECORD_UNREADABLE' },
        message: `${records} records belong to other business units and were rejected: name their MIDs in SFMC_ACCOUNT_IDS`,
      })),
  ];
}

/** Whether there is no account left that a run could read. */
export function isEveryAccountRefused(
  problems: readonly RunProblem[],
  accountIds: readonly number[],
): boolean {
  const refused = problems.filter(({ code }) => code === refusedCode);
  return refused.length > 0 && refused.length === accountIds.length;
}

const refusedCode: ErrorCode = 'ACCOUNT_REFUSED';

/** A job that was named and that no account has is most likely a typing error: that must not pass in silence. */
async function findUnknownJobProblems(
  accountIds: readonly number[],
  jobIds: readonly number[],
  pool: Pool,
): Promise<RunProblem[]> {
  const unknown = await findUnknownJobs(pool, accountIds, jobIds);
  if (unknown.length === 0) return [];
  const jobs = unknown.length === 1 ? `job ${unknown.join()} is` : `jobs ${unknown.join(', ')} are`;
  const accounts = `account${accountIds.length === 1 ? '' : 's'} ${accountIds.join(', ')}`;
  return [{ accountId: null, code: 'JOB_UNKNOWN', message: `--jobs: ${jobs} not known in ${accounts}` }];
}
