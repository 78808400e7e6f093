import { retryWhileUnavailable } from './backoff.ts';
import { discoverJobs } from './discovery/discover-jobs.ts';
import { adoptForSync, planSync } from './planning/plan-run.ts';
import {
  executeRun,
  type Run,
  type RunDeps,
  type RunSelection,
  type RunSignals,
  type RunSummary,
} from './run.ts';
import { eachAccount, isAccountRefused, planTarget, waitUntilSettled } from './run-steps.ts';

export interface SyncRequest extends RunSelection {
  /** The tick it serves; undefined when a person started it. */
  readonly scheduledAt?: Date | undefined;
}

/** A job that shows signs of life during a run is planned again in that run; more rounds find nothing new. */
const roundsMax = 3;

/**
 * Runs one sync: adopts open tasks, discovers jobs, plans what is due, waits until all of it is settled.
 *
 * Undefined when another process serves the same tick.
 */
export function runSync(
  request: SyncRequest,
  deps: RunDeps,
  signals: RunSignals,
): Promise<RunSummary | undefined> {
  return executeRun({ ...request, kind: 'sync' }, deps, signals, async (run, signal) => {
    const outlast = <Result>(work: () => Promise<Result>) => retryWhileUnavailable(work, signal);
    let planned = await eachAccount(run, (account) =>
      outlast(() => adoptForSync(planTarget(run, account), deps)),
    );
    const needsReplan = new Map<number, readonly number[]>();
    for (let round = 1; round <= roundsMax; round += 1) {
      planned += await eachAccount(run, async (account) => {
        const { accountId } = account;
        if (round === 1) await discoverJobs({ ...run, accountId }, deps, signal);
        if (await isAccountRefused(account, deps, signal)) return 0;
        const among = needsReplan.get(accountId);
        const plan = await outlast(() =>
          planSync(planTarget(run, account), planSettings(run, deps), deps, among),
        );
        needsReplan.set(accountId, plan.jobIds);
        return plan.tasks;
      });
      deps.onPlanned(run.runId, planned);
      // Also where nothing was planned: another run may have tasks open, or a plan's commit was not confirmed.
      await waitUntilSettled(run, ['sync', 'full_reread'], deps, signal);
      if (planned === 0) return;
      planned = 0;
    }
  });
}

function planSettings(run: Run, deps: RunDeps) {
  const { lookbackMs, settlingMs, overlapMs, sizing } = deps;
  const isForced = run.jobIds !== undefined;
  // One instant for the whole run, by the database's clock, as its checkpoints are.
  return { now: run.startedAt, lookbackMs, settlingMs, overlapMs, sizing, isForced };
}
