import type { EventDefinition } from '../../events/define-event.ts';
import { sent } from '../../events/sent.ts';
import { readClockOffset } from '../../store/accounts.ts';
import {
  countSentEvents,
  findDueJobs,
  findJobsAtWork,
  type DueCutoffs,
} from '../../store/ledger/due-jobs.ts';
import { type PlanFacts, type PlanScope, readPlanFacts } from '../../store/ledger/plan-facts.ts';
import {
  adoptOpenTasks,
  enterPlan,
  type PlannedWindow,
  writeCheckpointStates,
} from '../../store/ledger/plan-ledger.ts';
import { inTransaction, type Pool } from '../../store/pool.ts';
import type { TaskQueue } from '../../store/ledger/task-queue.ts';
import { needsSentCount, jobStartMs } from './job-activity.ts';
import { type BackfillSettings, planBackfillOfJob } from './plan-backfill.ts';
import { closedCadenceMs, planJob, type PlanSettings, retentionMs } from './plan-tasks.ts';

/** A smaller difference of clocks is the way of an answer; `settlingMs` is there for it. */
const clockOffsetMsMin = 30_000;

/** A larger one is no clock that is a little wrong, and is not followed. */
const clockOffsetMsMax = 24 * 60 * 60 * 1000;

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

/** Adopts what earlier runs left open; part of every sync, before it plans anew. Answers how many tasks. */
export function adoptForSync(target: PlanTarget, { pool, queue }: PlanDeps): Promise<number> {
  const { runId, accountId, jobIds } = target;
  const eventTypes = target.definitions.map(({ name }) => name);
  const scope = { accountId, eventTypes, jobIds, origins: ['sync', 'deep_read'] as const };
  return inTransaction(pool, (tx) => adoptOpenTasks(tx, queue, runId, scope));
}

/** What came of planning a sync. */
export interface SyncPlan {
  readonly tasks: number;
  /** Jobs that may owe more once what is open has been read; a plan of any other job stays the same. */
  readonly jobIds: readonly number[];
}

/**
 * Plans what sync owes for one account, a page of jobs at a time.
 *
 * `among`: what an earlier plan of the same run answered as `jobIds`. Only a window that was open during that
 * plan, or that came of it, changes what a job owes to this run, so no other job is looked at again.
 */
export async function planSync(
  target: PlanTarget,
  given: PlanSettings,
  deps: PlanDeps,
  among?: readonly number[],
): Promise<SyncPlan> {
  const { runId, accountId, definitions } = target;
  const settings = byServerClock(given, await readClockOffset(deps.pool, accountId));
  const scope = planScope(target, settings.now);
  // Before anything else: what is settled after this is asked for again, what was before is in the facts.
  const needsReplan = new Set(await findJobsAtWork(deps.pool, { ...scope, jobIds: among ?? scope.jobIds }));
  const jobIds = among ?? scope.jobIds ?? (await findDueJobs(deps.pool, scope, quietBounds(settings)));
  let tasks = 0;
  for await (const facts of readPlanFacts(deps.pool, { ...scope, jobIds })) {
    const counted = await countSentIfNeeded(facts, accountId, deps.pool);
    const plans = counted.map((job) => ({ ...job, types: planJob(job, definitions, settings) }));
    const windows = plans.flatMap(({ types }) => types.flatMap((type) => type.windows));
    const states = plans.flatMap(({ job, types, checkpoints }) =>
      types.flatMap(({ eventType, state }) => {
        const known = checkpoints.find((checkpoint) => checkpoint.eventType === eventType);
        return state === undefined || known?.state === state ? [] : [{ jobId: job.jobId, eventType, state }];
      }),
    );
    if (windows.length === 0 && states.length === 0) continue;
    // Also a window that somebody else turns out to have entered first.
    for (const { jobId } of windows) needsReplan.add(jobId);
    tasks += await inTransaction(deps.pool, async (tx) => {
      await writeCheckpointStates(tx, accountId, states);
      return enterPlan(tx, deps.queue, runId, windows);
    });
  }
  return { tasks, jobIds: [...needsReplan] };
}

/** The facts with the sent events counted of those jobs whose completeness hangs on it. */
async function countSentIfNeeded(facts: PlanFacts[], accountId: number, pool: Pool): Promise<PlanFacts[]> {
  const decisive = facts.flatMap(({ job, checkpoints }) => {
    const ofSent = checkpoints.find(({ eventType }) => eventType === sent.name);
    return needsSentCount(job, ofSent) ? [job] : [];
  });
  if (decisive.length === 0) return facts;
  const startsMs = decisive.map((job) => jobStartMs(job) ?? 0);
  const since = new Date(startsMs.reduce((one, other) => Math.min(one, other)) - sentBeforeStartMs);
  const jobIds = new Set(decisive.map(({ jobId }) => jobId));
  const counts = await countSentEvents(pool, accountId, [...jobIds], since);
  return facts.map((known) => {
    const { job } = known;
    return jobIds.has(job.jobId)
      ? { ...known, job: { ...job, sentLoaded: counts.get(job.jobId) ?? 0 } }
      : known;
  });
}

/** No mail is dated so long before its job; one that were would not be counted, and its job not be proven. */
const sentBeforeStartMs = 31 * 24 * 60 * 60 * 1000;

/**
 * Plans a backfill of one account, or takes over what an interrupted one of the same request left. The
 * whole plan is one transaction, so that a plan that exists is a complete one.
 */
export async function planBackfill(
  target: PlanTarget,
  settings: BackfillSettings,
  deps: PlanDeps,
  unfinishedRunId: number | undefined,
): Promise<number> {
  const { runId, accountId, definitions, jobIds } = target;
  const { pool, queue } = deps;
  if (unfinishedRunId !== undefined) {
    const eventTypes = definitions.map(({ name }) => name);
    const scope = { accountId, eventTypes, jobIds, fromRun: unfinishedRunId, origins: ['backfill'] as const };
    return inTransaction(pool, (tx) => adoptOpenTasks(tx, queue, runId, scope));
  }
  // Read before the transaction begins, which is only to write.
  const windows: PlannedWindow[] = [];
  for await (const facts of readPlanFacts(pool, planScope(target, settings.range.from)))
    windows.push(...facts.flatMap((job) => planBackfillOfJob(job, definitions, settings)));

  // The queue works in the order of entry: the youngest window first, or the oldest.
  windows.sort((one, other) => settings.order * (one.window.from.getTime() - other.window.from.getTime()));
  return inTransaction(pool, async (tx) => {
    let tasks = 0;
    for (let first = 0; first < windows.length; first += windowsPerStatement)
      tasks += await enterPlan(tx, queue, runId, windows.slice(first, first + windowsPerStatement));

    return tasks;
  });
}

/** Windows entered at once: some thousand parameters in arrays, whatever the size of a backfill. */
const windowsPerStatement = 2000;

/** Windows end so long before now as the server, which dates the events, sees it. */
function byServerClock(settings: PlanSettings, offsetMs: number): PlanSettings {
  const isWrong = Math.abs(offsetMs) >= clockOffsetMsMin && Math.abs(offsetMs) <= clockOffsetMsMax;
  return isWrong ? { ...settings, settlingMs: settings.settlingMs - offsetMs } : settings;
}

function planScope({ accountId, definitions, jobIds }: PlanTarget, latest: Date): PlanScope {
  const since = new Date(latest.getTime() - retentionMs);
  return { accountId, eventTypes: definitions.map(({ name }) => name), jobIds, since };
}

function quietBounds({ now, lookbackMs }: PlanSettings): DueCutoffs {
  const activeSince = new Date(now.getTime() - lookbackMs);
  const closedAskedSince = new Date(now.getTime() - closedCadenceMs);
  return { now, activeSince, closedAskedSince, lookbackMs };
}
