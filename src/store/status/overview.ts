import { readTaskProgress, type TaskProgress } from '../ledger/runs/run-progress.ts';
import { type ListedTask, listTasks } from '../ledger/task-list.ts';
import { type ListedRecord, listRejected } from '../load/rejected-records.ts';
import { type Pool, storeErrorFrom } from '../connection/pool.ts';
import { readTrends, type Trends } from './history/trends.ts';
import { type JobVerdict, readJobVerdicts } from './coverage/job-verdicts.ts';
import type { StatusReport } from './report.ts';

export type RejectedSummary = Pick<
  ListedRecord,
  'id' | 'accountId' | 'jobId' | 'eventType' | 'reason' | 'firstSeenAt' | 'lastSeenAt' | 'timesSeen'
>;

/** The report with what the status page shows beside it. */
export interface Overview extends StatusReport {
  /** How far the runs in progress are, by run. */
  readonly progress: Readonly<Record<number, TaskProgress>>;
  /** Tasks that wait for a person; the first of them. */
  readonly parked: readonly ListedTask[];
  /** Records that could not be read; the latest of them, without their text. */
  readonly rejected: readonly RejectedSummary[];
  /** The latest sends. */
  readonly jobs: readonly JobVerdict[];
  readonly trends: Trends;
}

/** A page shows at most this many; commands show the rest. */
const shownMax = 20;
const jobsShown = 12;

/**
 * Reads what the page shows beside the report: from rollups, the ledger and samples, never from events.
 *
 * @throws {StoreUnavailableError} when the database cannot be reached.
 */
export async function readOverview(pool: Pool, report: StatusReport): Promise<Overview> {
  try {
    const [parked, rejected, jobs, trends, progress] = await Promise.all([
      listTasks(pool, { parkedOnly: true, limit: shownMax }),
      listRejected(pool, shownMax),
      readJobVerdicts(pool, jobsShown),
      readTrends(pool, report.reportedAt),
      readProgress(pool, report),
    ]);
    return { ...report, progress, parked, rejected: rejected.map(withoutText), jobs, trends };
  } catch (error) {
    throw storeErrorFrom(error);
  }
}

async function readProgress(pool: Pool, { runs }: StatusReport): Promise<Record<number, TaskProgress>> {
  const inProgress = runs.filter(({ outcome }) => outcome === null);
  const entries = inProgress.map(async ({ runId }) => [runId, await readTaskProgress(pool, runId)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** The text of a record may name people; `rejected --json` shows it. */
function withoutText(listed: ListedRecord): RejectedSummary {
  const { id, accountId, jobId, eventType, reason, firstSeenAt, lastSeenAt, timesSeen } = listed;
  return { id, accountId, jobId, eventType, reason, firstSeenAt, lastSeenAt, timesSeen };
}
