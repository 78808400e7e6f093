import { dimensionCatalog } from '../dimensions/catalog.ts';
import { findRefusedAccounts } from '../store/accounts.ts';
import { hasOpenTasks, type WaitScope } from '../store/ledger/runs/run-log.ts';
import { retryWhileUnavailable } from './backoff.ts';
import { waitForReadings } from './discovery/discover-jobs.ts';
import type { Run, RunAccount, RunDeps } from './run.ts';
import { waitWhile } from './wait-while.ts';

/**
 * Does a step for each account, side by side since each has limits of its own; returns the sum. The first
 * failure ends the run.
 */
export async function eachAccount(run: Run, step: (account: RunAccount) => Promise<number>): Promise<number> {
  const counts = await Promise.all(run.accounts.map(step));
  return counts.reduce((sum, count) => sum + count, 0);
}

/** What is planned for an account. */
export function planTarget({ runId, definitions, jobIds }: Run, { accountId }: RunAccount) {
  return { runId, accountId, definitions, jobIds };
}

/** Whether the credentials of an account were refused in this run; no more tasks are planned for it then. */
export async function isAccountRefused(
  { accountId }: RunAccount,
  { pool }: RunDeps,
  signal: AbortSignal,
): Promise<boolean> {
  const refused = await retryWhileUnavailable(() => findRefusedAccounts(pool, [accountId]), signal);
  return refused.length > 0;
}

/**
 * Waits until every task of the run is settled, and of other runs within its scope those of these origins and the
 * readings of dimensions.
 */
export async function waitUntilSettled(
  run: Run,
  origins: WaitScope['origins'],
  deps: RunDeps,
  signal: AbortSignal,
): Promise<void> {
  const { runId, jobIds } = run;
  const accountIds = run.accounts.map(({ accountId }) => accountId);
  const eventTypes = run.definitions.map(({ name }) => name);
  const scope = { runId, accountIds, eventTypes, jobIds, origins };
  await waitWhile(() => hasOpenTasks(deps.pool, scope), deps.sleep, signal);
  for (const accountId of accountIds) await waitForReadings(accountId, dimensionCatalog, deps, signal);
}
