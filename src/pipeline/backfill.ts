import { findUnfinishedBackfill } from '../store/ledger/runs/unfinished-backfill.ts';
import type { Window } from '../store/ledger/task-ledger.ts';
import { discoverJobs } from './discovery/discover-jobs.ts';
import { planBackfill } from './planning/plan-run.ts';
import {
  executeRun,
  type RunDeps,
  runRow,
  type RunSelection,
  type RunSignals,
  type RunSummary,
} from './run.ts';
import { eachAccount, isAccountRefused, planTarget, waitUntilSettled } from './run-steps.ts';

export interface BackfillRequest extends RunSelection {
  readonly range: Window;
  readonly isOldestFirst: boolean;
  /** Reads everything again, even where an interrupted backfill of the same request could be continued. */
  readonly isForced: boolean;
}

/**
 * Runs one backfill over an explicit range; watermarks stay as they are. The same request again continues an
 * unfinished one: what it left open or parked is read, and what it did not come to plan is planned.
 */
export async function runBackfill(
  request: BackfillRequest,
  deps: RunDeps,
  signals: RunSignals,
): Promise<RunSummary> {
  const { range, isOldestFirst, isForced } = request;
  const backfill = { ...request, kind: 'backfill' as const };
  const continued = isForced ? [] : await findUnfinishedBackfill(deps.pool, runRow(backfill, deps));
  const runRequest = { ...backfill, continuesRunId: continued[0] };
  const summary = await executeRun(runRequest, deps, signals, async (run, signal) => {
    const { overlapMs, sizing } = deps;
    const order = isOldestFirst ? (1 as const) : (-1 as const);
    const settings = { range, now: deps.now(), overlapMs, sizing, order };
    const planned = await eachAccount(run, async (account) => {
      await discoverJobs({ ...run, accountId: account.accountId }, deps, signal);
      if (await isAccountRefused(account, deps, signal)) return 0;
      return planBackfill(planTarget(run, account), settings, deps, continued);
    });
    deps.onPlanned(run.runId, planned);
    await waitUntilSettled(run, [], deps, signal);
  });
  if (summary === undefined) throw new Error('a backfill serves no tick, so no other process can have it');
  return summary;
}
