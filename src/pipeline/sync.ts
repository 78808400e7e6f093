import { retryWhileUnavailable } from './backoff.ts';
import { discoverJobs } from './discovery/discover-jobs.ts';
import { adoptForSync, planSync, type SyncPlan } from './planning/plan-run.ts';
import {
  executeRun,
  type Run,
  type RunAccount,
  type RunDeps,
  type RunSelection,
  type RunSignals,
  type RunSummary,
} from './run.ts';
import { eachAccount, isAccountRefused, planTarget, waitUntilSettled } from './run-steps.ts';
import { findRevivedJobs } from '../store/tail/revived-jobs.ts';
import { checkTails, readArrivals } from './tail/after-tail.ts';
import { noTail, planTailOfAccount, settleLeftTails, type TailRunPlan } from './tail/plan-tail-run.ts';

export interface SyncRequest extends RunSelection {
  /** The tick it serves; undefined when a person started it. */
  readonly scheduledAt?: Date | undefined;
}

/**
 * A job that shows signs of life during a run is planned again in that run, and a tail that cannot be read on one rung
 * is read on the next; more rounds find nothing new.
 */
const roundsMax = 7;

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
    const adopted = await eachAccount(run, (account) =>
      outlast(async () => {
        await settleLeftTails(planTarget(run, account), deps.readsTail, deps);
        return adoptForSync(planTarget(run, account), deps);
      }),
    );
    await readWhatIsDue(run, adopted, deps, signal);
    if (!readsTail(run, deps)) return;
    // Where the tail has missed events, what it had marked as read is read again at once.
    if (await checkTails(run, deps, signal)) await readWhatIsDue(run, 0, deps, signal);
    if (deps.readsArrivals) await readArrivals(run, deps, signal);
  });
}

/** What the last plan of an account said. */
interface Planned {
  readonly sync: SyncPlan;
  readonly tail: TailRunPlan;
}

/** Plans and reads in rounds, until a plan is empty. */
async function readWhatIsDue(run: Run, adopted: number, deps: RunDeps, signal: AbortSignal): Promise<void> {
  let planned = adopted;
  const latest = new Map<number, Planned>();
  for (let round = 1; round <= roundsMax; round += 1) {
    planned += await eachAccount(run, async (account) => {
      const { accountId } = account;
      if (round === 1) await discoverJobs({ ...run, accountId }, deps, signal);
      if (await isAccountRefused(account, deps, signal)) return 0;
      const plan = await planRound(run, account, latest.get(accountId), deps, signal);
      latest.set(accountId, plan);
      return plan.sync.tasks + plan.tail.tasks;
    });
    deps.onPlanned(run.runId, planned);
    // Also where nothing was planned: another run may have tasks open, or a plan's commit was not confirmed.
    await waitUntilSettled(run, ['sync', 'full_reread'], deps, signal);
    if (planned === 0) return;
    planned = 0;
  }
}

async function planRound(
  run: Run,
  account: RunAccount,
  before: Planned | undefined,
  deps: RunDeps,
  signal: AbortSignal,
): Promise<Planned> {
  const { lookbackMs, settlingMs, overlapMs, sizing, pageSize } = deps;
  const target = planTarget(run, account);
  // One instant for the whole run, by the database's clock, as its checkpoints are.
  const settings = { now: run.startedAt, lookbackMs, settlingMs, overlapMs, sizing, pageSize };
  const outlast = <Result>(work: () => Promise<Result>) => retryWhileUnavailable(work, signal);
  const tail = readsTail(run, deps) ? await outlast(() => planTailOfAccount(target, settings, deps)) : noTail;
  // Jobs that the tail left out in the last round may have to be read by their JobID in this one.
  const among =
    before?.tail.rungs === tail.rungs
      ? [...before.sync.jobIds, ...(await outlast(() => revivedJobs(run, account, deps)))]
      : undefined;
  const isForced = run.jobIds !== undefined;
  const sync = await outlast(() =>
    planSync(target, { ...settings, isForced, tails: tail.covers }, deps, among),
  );
  return { sync, tail };
}

/** Jobs that the tail has found alive since the last round. */
function revivedJobs(run: Run, { accountId }: RunAccount, deps: RunDeps): Promise<readonly number[]> {
  if (!readsTail(run, deps)) return Promise.resolve([]);
  const activeSince = new Date(run.startedAt.getTime() - deps.lookbackMs);
  return findRevivedJobs(deps.pool, accountId, { runStartedAt: run.startedAt, activeSince });
}

function readsTail({ jobIds }: Run, deps: RunDeps): boolean {
  return deps.readsTail && jobIds === undefined;
}
