import { findTailsSwitchedOff } from '../../store/tail/sample.ts';
import { retryWhileUnavailable } from '../backoff.ts';
import type { Run, RunDeps } from '../run.ts';
import { eachAccount, planTarget, waitUntilSettled } from '../run-steps.ts';
import { planArrivals, planTailCheck } from './plan-tail-run.ts';

/**
 * Reads a sample of old jobs by JobID where that is due. Returns whether the tail of an account was switched off since
 * the run began, because it had missed events of one.
 */
export async function checkTails(run: Run, deps: RunDeps, signal: AbortSignal): Promise<boolean> {
  const planned = await eachAccount(run, (account) =>
    retryWhileUnavailable(() => planTailCheck(planTarget(run, account), run.startedAt, deps), signal),
  );
  if (planned === 0) return false;
  deps.onPlanned(run.runId, planned);
  await waitUntilSettled(run, [], deps, signal);
  const accountIds = run.accounts.map(({ accountId }) => accountId);
  const off = await retryWhileUnavailable(
    () => findTailsSwitchedOff(deps.pool, accountIds, run.startedAt),
    signal,
  );
  for (const { accountId, reason } of off)
    deps.logger.error({ accountId, reason }, 'tail switched off: reading by date is not complete');
  return off.length > 0;
}

/** Requests what has arrived since the last request, whatever its date. */
export async function readArrivals(run: Run, deps: RunDeps, signal: AbortSignal): Promise<void> {
  const planned = await eachAccount(run, (account) =>
    retryWhileUnavailable(() => planArrivals(planTarget(run, account), run.startedAt, deps), signal),
  );
  if (planned === 0) return;
  deps.onPlanned(run.runId, planned);
  await waitUntilSettled(run, [], deps, signal);
}
