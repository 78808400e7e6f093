import { failureFields } from '../../errors.ts';
import type { RejectedRecord } from '../../columns/page.ts';
import { requestedProperties } from '../../events/define-event.ts';
import { job } from '../../dimensions/job.ts';
import { triggeredSend } from '../../dimensions/triggered-send.ts';
import type { Filter } from '../../marketing-cloud/request/filter.ts';
import { recordDiscovery } from '../../store/accounts.ts';
import { addStubJobs } from '../../store/jobs.ts';
import { findJobsToRefresh } from '../../store/ledger/open-jobs.ts';
import type { Pool } from '../../store/pool.ts';
import type { Window } from '../../store/ledger/task-ledger.ts';
import { endsOnlyTheWork } from '../policy/error-policy.ts';
import { retentionMs } from '../planning/plan-tasks.ts';
import { type DiscoveredAccount, type DiscoveryDeps, readDimension } from './read-dimension.ts';
import { createWindow, halveWindow } from '../planning/windows.ts';

/** How far before the last discovery the next one begins: a Send may be written long after its dates. */
const discoveryOverlapMs = 7 * 24 * 60 * 60 * 1000;

/** Marketing Cloud: how many values `IN` takes is not documented. */
const idsPerRequest = 100;

/** One bad record spoils only its own part of a span; without any progress after this many splits the cause is another. */
const splitsWithoutProgressMax = 4;

/**
 * Brings the jobs of an account up to date: Sends modified since the last discovery, the definitions of
 * triggered sends, and the counters of every job that may still gather events.
 *
 * Jobs are written page by page; the discovery counts only once it is complete.
 *
 * @throws {PipelineError} when a Retrieve keeps failing; what was read before stays.
 */
export async function discoverJobs(
  account: DiscoveredAccount,
  deps: DiscoveryDeps,
  signal: AbortSignal,
): Promise<void> {
  const { accountId, jobsDiscoveredUntil } = account;
  const startedAt = deps.now();
  const since =
    jobsDiscoveredUntil === null
      ? startedAt.getTime() - retentionMs
      : jobsDiscoveredUntil.getTime() - discoveryOverlapMs;
  // Marketing Cloud: its clock may run ahead of ours.
  const window = createWindow(since, startedAt.getTime() + discoveryOverlapMs);
  const progress = { isMade: false };
  if (window !== undefined) await readModifiedSends(account, { window, splits: 0, progress }, deps, signal);
  await readDefinitions(account, deps, signal);
  await refreshOpenJobs(account, startedAt, deps, signal);
  await recordDiscovery(deps.pool, accountId, startedAt);
}

/** A span of modification dates, and how it came about. */
interface ModifiedSpan {
  readonly window: Window;
  /** Times the whole span was split to get this part. */
  readonly splits: number;
  /** Whether any part of it has been read; shared by all parts. */
  readonly progress: { isMade: boolean };
}

async function readModifiedSends(
  account: DiscoveredAccount,
  span: ModifiedSpan,
  deps: DiscoveryDeps,
  signal: AbortSignal,
): Promise<void> {
  const { window, splits, progress } = span;
  const halves = halveWindow(window);
  const reading = {
    ...{ definition: job, onUnreadable: insertStubs, canSplit: halves !== undefined },
    filter: { property: 'ModifiedDate', operator: 'between', values: [window.from, window.to] } as const,
    hasSplitWithoutProgress: splits >= splitsWithoutProgressMax && !progress.isMade,
  };
  if ((await readDimension(account, reading, deps, signal)) === 'done') {
    progress.isMade = true;
    return;
  }
  for (const half of halves ?? [])
    await readModifiedSends(account, { window: half, splits: splits + 1, progress }, deps, signal);
}

/** Which triggered sends are Active keeps their jobs open; without the scope for it, their events do. */
async function readDefinitions(
  account: DiscoveredAccount,
  deps: DiscoveryDeps,
  signal: AbortSignal,
): Promise<void> {
  try {
    // Marketing Cloud: filters on definition objects are not reliable, so all of them are read; they are few.
    await readDimension(account, { definition: triggeredSend }, deps, signal);
  } catch (error) {
    const fields = { accountId: account.accountId, ...failureFields(error) };
    if (signal.aborted || !endsOnlyTheWork(error)) throw error;
    deps.logger.warn(fields, 'triggered send definitions could not be read');
  }
}

async function refreshOpenJobs(
  account: DiscoveredAccount,
  startedAt: Date,
  deps: DiscoveryDeps,
  signal: AbortSignal,
): Promise<void> {
  const activeSince = new Date(startedAt.getTime() - deps.lookbackMs);
  const jobIds = await findJobsToRefresh(deps.pool, account.accountId, { before: startedAt, activeSince });
  for (let first = 0; first < jobIds.length; first += idsPerRequest) {
    const values = jobIds.slice(first, first + idsPerRequest);
    const filter: Filter = { property: 'ID', operator: values.length === 1 ? 'equals' : 'IN', values };
    await readDimension(account, { definition: job, filter, onUnreadable: insertStubs }, deps, signal);
  }
}

/** Sends that could not be read as a whole become stubs by their JobID: their events can be read all the same. */
function insertStubs(pool: Pool, accountId: number, rejected: readonly RejectedRecord[]): Promise<void> {
  const slot = requestedProperties(job).indexOf(job.columns.job_id.property);
  const jobIds = rejected.map(({ values }) => Number(values[slot]));
  return addStubJobs(
    pool,
    accountId,
    jobIds.filter((id) => Number.isSafeInteger(id) && id > 0),
  );
}
