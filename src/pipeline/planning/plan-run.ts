import type { EventDefinition } from '../../events/define-event.ts';
import { readClockOffset } from '../../store/accounts.ts';
import { type DueCutoffs, findDueJobs, findJobsWithOpenTasks } from '../../store/planning/due-jobs.ts';
import { type PlanScope, readPlanFacts } from '../../store/planning/plan-facts.ts';
import { adoptOpenTasks } from '../../store/ledger/adopt-tasks.ts';
import { readPlanned } from '../../store/ledger/runs/unfinished-backfill.ts';
import { clockOffsetMsMax, setBackFutureMarks } from '../../store/planning/future-marks.ts';
import { enterPlan, type PlannedWindow, writeCheckpointStates } from '../../store/planning/plan-ledger.ts';
import { askAgain, findUnavailable } from '../../store/planning/unavailable.ts';
import { inTransaction, type Pool } from '../../store/connection/pool.ts';
import type { TaskQueue } from '../../store/queue/task-queue.ts';
import { countLoadedIfNeeded } from './count-loaded.ts';
import { type BackfillSettings, planBackfillOfJob } from './plan-backfill.ts';
import { closedCadenceMs, planJob, type PlanSettings } from './plan-tasks.ts';
import { youngMs } from './tail-cover.ts';
import { retentionMs } from './windows.ts';

/** A smaller offset of the clocks is network latency, which `settlingMs` covers. */
const clockOffsetMsMin = 30_000;

export interface PlanDeps {
  readonly pool: Pool;
  readonly queue: TaskQueue;
}

export interface PlanTarget {
  readonly runId: number;
  readonly accountId: number;
  readonly definitions: readonly EventDefinition[];
  readonly jobIds?: readonly number[] | undefined;
}

/** Adopts the open tasks of earlier runs, before a sync plans new ones. Returns the number of tasks queued. */
export function adoptForSync(target: PlanTarget, { pool, queue }: PlanDeps): Promise<number> {
  const { runId, accountId, jobIds } = target;
  const eventTypes = target.definitions.map(({ name }) => name);
  const scope = { accountId, eventTypes, jobIds, origins: ['sync', 'full_reread'] as const };
  return inTransaction(pool, async (tx) => {
    // Before anything is planned: discovery and planning then find marks that can be believed.
    await setBackFutureMarks(tx, accountId, runId);
    await askAgain(tx, scope);
    return adoptOpenTasks(tx, queue, runId, scope);
  });
}

export interface SyncPlan {
  /** Tasks planned. */
  readonly tasks: number;
  /** Jobs that may need more windows once the open ones have been read; the plan of any other job stays the same. */
  readonly jobIds: readonly number[];
}

/**
 * Plans the windows that a sync has to read for one account, a page of jobs at a time.
 *
 * `among`: the `jobIds` that an earlier plan of the same run returned. Only a window that was open during that
 * plan, or was planned by it, changes what is due for a job in this run, so no other job is looked at again.
 */
export async function planSync(
  requested: PlanTarget,
  given: PlanSettings,
  deps: PlanDeps,
  among?: readonly number[],
): Promise<SyncPlan> {
  const target = await withoutUnavailable(requested, deps.pool);
  const { runId, accountId, definitions } = target;
  const settings = byServerClock(given, await readClockOffset(deps.pool, accountId));
  const youngSince = new Date(settings.now.getTime() - youngMs);
  const scope = { ...planScope(target, settings.now), youngSince };
  // First, so that a window that settles later is planned again. One that settled before is in the facts.
  const needsReplan = new Set(
    await findJobsWithOpenTasks(deps.pool, { ...scope, jobIds: among ?? scope.jobIds }),
  );
  const jobIds = among ?? scope.jobIds ?? (await findDueJobs(deps.pool, scope, dueCutoffs(settings)));
  let tasks = 0;
  for await (const facts of readPlanFacts(deps.pool, { ...scope, jobIds })) {
    const counted = await countLoadedIfNeeded(facts, definitions, accountId, deps.pool);
    const plans = counted.map((job) => ({ ...job, types: planJob(job, definitions, settings) }));
    const windows = plans.flatMap(({ types }) => types.flatMap((type) => type.windows));
    const states = plans.flatMap(({ job, types, checkpoints }) =>
      types.flatMap(({ eventType, state }) => {
        const known = checkpoints.find((checkpoint) => checkpoint.eventType === eventType);
        return state === undefined || known?.state === state ? [] : [{ jobId: job.jobId, eventType, state }];
      }),
    );
    if (windows.length === 0 && states.length === 0) continue;
    // Also where another planner entered the window first.
    for (const { jobId } of windows) needsReplan.add(jobId);
    tasks += await inTransaction(deps.pool, async (tx) => {
      await writeCheckpointStates(tx, accountId, states);
      return enterPlan(tx, deps.queue, runId, windows);
    });
  }
  return { tasks, jobIds: [...needsReplan] };
}

/**
 * Plans a backfill of one account, of which earlier runs of the same request may have planned a part: their open and
 * parked tasks are adopted, and what they did not plan is planned. One transaction. Returns the number of tasks queued.
 */
export async function planBackfill(
  requested: PlanTarget,
  settings: BackfillSettings,
  deps: PlanDeps,
  continued: readonly number[],
): Promise<number> {
  const { pool, queue } = deps;
  const target = await withoutUnavailable(requested, pool);
  const { runId, accountId, definitions, jobIds } = target;
  // Read before the transaction begins, so that it stays short.
  const isPlanned = await readPlanned(pool, continued, accountId);
  const windows: PlannedWindow[] = [];
  for await (const facts of readPlanFacts(pool, planScope(target, settings.range.from))) {
    const possible = facts.flatMap((job) => planBackfillOfJob(job, definitions, settings));
    windows.push(...possible.filter(({ jobId, eventType }) => !isPlanned(jobId, eventType)));
  }

  // The queue works in the order of entry: the youngest window first, or the oldest.
  windows.sort((one, other) => settings.order * (one.window.from.getTime() - other.window.from.getTime()));
  const eventTypes = definitions.map(({ name }) => name);
  const scope = { accountId, eventTypes, jobIds, fromRuns: continued, origins: ['backfill'] as const };
  return inTransaction(pool, async (tx) => {
    let tasks = await adoptOpenTasks(tx, queue, runId, scope);
    for (let first = 0; first < windows.length; first += windowsPerStatement)
      tasks += await enterPlan(tx, queue, runId, windows.slice(first, first + windowsPerStatement));

    return tasks;
  });
}

/** Windows per statement: its parameters are arrays of this length, however large the backfill. */
const windowsPerStatement = 2000;

/** The target without the event types whose feature the account lacks. */
export async function withoutUnavailable(target: PlanTarget, pool: Pool): Promise<PlanTarget> {
  const unavailable = await findUnavailable(pool, target.accountId);
  return { ...target, definitions: target.definitions.filter(({ name }) => !unavailable.has(name)) };
}

/**
 * Events are dated by the server's clock. Where that is behind, windows end earlier; where it is ahead they end no later,
 * since nothing may be marked as read beyond now.
 */
export function byServerClock<Settings extends { readonly settlingMs: number }>(
  settings: Settings,
  offsetMs: number,
): Settings {
  const isBehind = offsetMs <= -clockOffsetMsMin && offsetMs >= -clockOffsetMsMax;
  return isBehind ? { ...settings, settlingMs: settings.settlingMs - offsetMs } : settings;
}

/** The jobs that can have events from then on. */
export function planScope({ accountId, definitions, jobIds }: PlanTarget, latest: Date): PlanScope {
  const since = new Date(latest.getTime() - retentionMs);
  return { accountId, eventTypes: definitions.map(({ name }) => name), jobIds, since };
}

function dueCutoffs({ now, lookbackMs }: PlanSettings): DueCutoffs {
  const activeSince = new Date(now.getTime() - lookbackMs);
  const closedAskedSince = new Date(now.getTime() - closedCadenceMs);
  return { now, activeSince, closedAskedSince, lookbackMs };
}
