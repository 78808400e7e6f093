import { dimensionCatalog } from '../../dimensions/catalog.ts';
import type { DimensionDefinition } from '../../dimensions/define-dimension.ts';
import { job } from '../../dimensions/job.ts';
import { adoptOpenTasks } from '../../store/ledger/adopt-tasks.ts';
import { hasOpenReadings, isRefusedReadingOpen, readDiscoveryFacts } from '../../store/planning/discovery.ts';
import { findJobsToRead, findJobsToRefresh } from '../../store/planning/due-readings.ts';
import { enterReadings, type PlannedReading } from '../../store/planning/plan-ledger.ts';
import type { TaskQueue } from '../../store/queue/task-queue.ts';
import { askAgain } from '../../store/planning/unavailable.ts';
import { inTransaction, type Pool, type Queryable } from '../../store/connection/pool.ts';
import { hasTail } from '../../store/tail/arrivals.ts';
import { retryWhileUnavailable, type Sleep } from '../backoff.ts';
import {
  counterCutoffs,
  jobDimensions,
  planDescriptions,
  planDiscovery,
  planJobs,
  planningDimensions,
  type ReadingClock,
  readingCutoffs,
} from '../planning/plan-dimensions.ts';
import { waitWhile } from '../wait-while.ts';

export interface DiscoveryDeps {
  readonly pool: Pool;
  readonly sleep: Sleep;
  readonly queue: TaskQueue;
  readonly lookbackMs: number;
  /** The tail is read by date, where that works. */
  readonly readsTail: boolean;
}

export interface DiscoveryTarget {
  readonly runId: number;
  readonly accountId: number;
  /** The start of the run, by the database's clock. */
  readonly startedAt: Date;
}

/**
 * Brings the jobs of an account up to date by tasks that any worker executes: Sends modified since the last
 * discovery and the definitions of triggered sends, then the counters of open jobs that were not read by that. What
 * describes jobs besides (links, lists, names) is planned and not waited for, but for one that was refused before.
 *
 * A reading that fails for good is parked like any task, and planning continues with the jobs that are known.
 */
export async function discoverJobs(
  target: DiscoveryTarget,
  deps: DiscoveryDeps,
  signal: AbortSignal,
): Promise<void> {
  const { runId, accountId, startedAt } = target;
  const { queue, lookbackMs, readsTail } = deps;
  const ledger = (work: (tx: Queryable) => Promise<unknown>) =>
    retryWhileUnavailable(() => inTransaction(deps.pool, work), signal);
  const enter = (planReadings: (tx: Queryable) => Promise<PlannedReading[]>) =>
    ledger(async (tx) => enterReadings(tx, queue, runId, await planReadings(tx)));
  const untilIn = () => waitForReadings(accountId, planningDimensions, deps, signal);

  const isTailRead = readsTail && (await retryWhileUnavailable(() => hasTail(deps.pool, accountId), signal));
  const since = { before: startedAt, lookbackMs, isTailRead };
  const scope = { accountId, eventTypes: dimensionNames, origins: ['sync'] as const };
  await ledger(async (tx) => {
    await askAgain(tx, scope);
    await adoptOpenTasks(tx, queue, runId, scope);
  });
  await untilIn();
  await enter(async (tx) => planDiscovery(await readDiscoveryFacts(tx, accountId)));
  await untilIn();
  await enter(async (tx) => {
    const jobIds = await findJobsToRefresh(tx, accountId, job.name, counterCutoffs(since));
    return planJobs(job, jobIds, await readDiscoveryFacts(tx, accountId));
  });
  await untilIn();
  // A request that was refused is attempted again with the jobs it was for; whether others follow is known only then.
  await waitWhile(() => isRefusedReadingOpen(deps.pool, target), deps.sleep, signal);
  await enter((tx) => planRest(tx, accountId, since));
}

const dimensionNames = dimensionCatalog.map(({ name }) => name);

/** What describes the jobs, as far as it is due. */
async function planRest(tx: Queryable, accountId: number, since: ReadingClock): Promise<PlannedReading[]> {
  const facts = await readDiscoveryFacts(tx, accountId);
  const readings = planDescriptions(facts);
  for (const dimension of jobDimensions) {
    const cutoffs = readingCutoffs(dimension, since);
    const jobIds = await findJobsToRead(tx, accountId, dimension.name, cutoffs);
    readings.push(...planJobs(dimension, jobIds, facts));
  }
  return readings;
}

/** Waits until every reading of these dimensions is settled, of any run: another run may have one open. */
export async function waitForReadings(
  accountId: number,
  dimensions: readonly DimensionDefinition[],
  { pool, sleep }: Pick<DiscoveryDeps, 'pool' | 'sleep'>,
  signal: AbortSignal,
): Promise<void> {
  const names = dimensions.map(({ name }) => name);
  await waitWhile(() => hasOpenReadings(pool, accountId, names), sleep, signal);
}
