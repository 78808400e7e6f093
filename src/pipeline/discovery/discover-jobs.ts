import { dimensionCatalog } from '../../dimensions/catalog.ts';
import { adoptOpenTasks } from '../../store/ledger/adopt-tasks.ts';
import { hasOpenReadings, readDiscoveryFacts } from '../../store/ledger/discovery.ts';
import { findJobsToRefresh } from '../../store/ledger/open-jobs.ts';
import { enterReadings, type PlannedReading } from '../../store/ledger/plan-ledger.ts';
import type { TaskQueue } from '../../store/ledger/task-queue.ts';
import { inTransaction, type Pool, type Queryable } from '../../store/pool.ts';
import { retryWhileUnavailable, type Sleep } from '../backoff.ts';
import { planCounters, planDiscovery } from '../planning/plan-dimensions.ts';
import { waitWhile } from '../wait-while.ts';

export interface DiscoveryDeps {
  readonly pool: Pool;
  readonly sleep: Sleep;
  readonly queue: TaskQueue;
  readonly lookbackMs: number;
}

export interface DiscoveryTarget {
  readonly runId: number;
  readonly accountId: number;
  /** The start of the run, by the database's clock. */
  readonly startedAt: Date;
}

/**
 * Brings the jobs of an account up to date by tasks that any worker executes: Sends modified since the last
 * discovery and the definitions of triggered sends, then the counters of open jobs that were not read by that.
 *
 * A reading that fails for good is parked like any task, and planning continues with the jobs that are known.
 */
export async function discoverJobs(
  target: DiscoveryTarget,
  deps: DiscoveryDeps,
  signal: AbortSignal,
): Promise<void> {
  const { runId, accountId, startedAt } = target;
  const { queue, lookbackMs } = deps;
  const plan = (planReadings: (database: Queryable) => Promise<PlannedReading[]>) =>
    settle(target, deps, signal, async (tx) => {
      await enterReadings(tx, queue, runId, await planReadings(tx));
    });

  await settle(target, deps, signal, async (tx) => {
    await adoptOpenTasks(tx, queue, runId, { accountId, eventTypes: dimensionNames, origins: ['sync'] });
  });
  await plan(async (tx) => planDiscovery(await readDiscoveryFacts(tx, accountId)));
  await plan(async (tx) => {
    const activeSince = new Date(startedAt.getTime() - lookbackMs);
    const jobIds = await findJobsToRefresh(tx, accountId, { before: startedAt, activeSince });
    return planCounters(jobIds, await readDiscoveryFacts(tx, accountId));
  });
}

const dimensionNames = dimensionCatalog.map(({ name }) => name);

/** Does some work with the ledger in one transaction, and waits until every reading of the account is settled. */
async function settle(
  { accountId }: DiscoveryTarget,
  deps: DiscoveryDeps,
  signal: AbortSignal,
  work: (tx: Queryable) => Promise<void>,
): Promise<void> {
  await retryWhileUnavailable(() => inTransaction(deps.pool, work), signal);
  // Also where nothing was entered: another run may have an open reading.
  const hasOpen = () => hasOpenReadings(deps.pool, accountId, dimensionNames);
  await waitWhile(hasOpen, deps.sleep, signal);
}
