import { failureDetails, failureFields, PipelineError, RetrieveTimedOutError } from '../../errors.ts';
import { refuseAccount } from '../../store/accounts.ts';
import { splitTask } from '../../store/ledger/split-task.ts';
import { changeTask, type TaskChange, type TaskFailure } from '../../store/ledger/change-task.ts';
import { inTransaction } from '../../store/connection/pool.ts';
import { halveScope } from '../planning/windows.ts';
import type { Final } from '../policy/decide.ts';
import { noteUnavailable } from '../../store/planning/unavailable.ts';
import { type ActiveTask, takeRequestCount, type TaskDeps, taskFields } from './active-task.ts';
import { giveUpIfReplaceable } from './give-up.ts';
import { taskKinds } from './kinds/registry.ts';

/**
 * Carries out what was decided on a task that failed for good here.
 *
 * @throws the error itself where the delivery has to go back to the queue: the task was released.
 */
export async function settleTask(
  active: ActiveTask,
  { kind, error }: { readonly kind: Final['kind']; readonly error: unknown },
  deps: TaskDeps,
): Promise<void> {
  switch (kind) {
    case 'split':
    case 'narrow':
      return splitTaskInHalves(active, error, deps);
    case 'park':
    case 'park-event-type':
      return parkTask(active, error, deps);
    case 'skip-event-type':
      return skipTask(active, error, deps);
    case 'halt-account':
      return haltAccount(active, error, deps);
    case 'abandon':
      return;
    case 'release':
      await releaseTask(active, deps);
      throw error;
    case 'halt':
      await releaseTask(active, deps);
      deps.onFatal(error);
      throw error;
  }
}

/** Replaces the task by halves of what it reads; `error` is undefined for one that had more pages than a task may have. */
export async function splitTaskInHalves(active: ActiveTask, error: unknown, deps: TaskDeps): Promise<void> {
  const { task } = active;
  const halves = halveScope(task);
  if (halves === undefined) {
    return parkTask(
      active,
      error ?? new RetrieveTimedOutError('it has too many pages and cannot be split'),
      deps,
    );
  }

  const note = { failure: failureOf(error), requests: takeRequestCount(active) };
  await inTransaction(deps.pool, (tx) => splitTask(tx, deps.queue, task, halves, note));
  deps.logger.info(taskFields(task), 'task split');
}

/** Leaves the task to a person; the run goes on, and the watermark stays before its window. */
export async function parkTask(
  active: ActiveTask,
  error: unknown,
  deps: TaskDeps,
  failsSeconds?: number,
): Promise<void> {
  const { task } = active;
  const failure = failureOf(error);
  if (await giveUpIfReplaceable(active, failure, error, deps)) return;
  const change: TaskChange = { state: 'parked', failure, isAttempt: true, failsSeconds };
  const requests = takeRequestCount(active);
  await inTransaction(deps.pool, async (tx) => {
    if (await changeTask(tx, task, { ...change, requests }))
      await taskKinds[task.kind].finish(tx, task, null);
  });
  deps.logger.error({ ...taskFields(task), ...failureFields(error) }, 'task parked');
}

/** Settles the task without a hole: the account lacks the feature. The watermark stays where it is. */
async function skipTask(active: ActiveTask, error: unknown, deps: TaskDeps): Promise<void> {
  const { accountId, eventType } = active.task;
  const failure = failureOf(error);
  const change: TaskChange = { state: 'skipped', failure, isAttempt: true };
  const requests = takeRequestCount(active);
  const isNews = await inTransaction(deps.pool, async (tx) => {
    if (!(await changeTask(tx, active.task, { ...change, requests }))) return false;
    return noteUnavailable(tx, { accountId, eventType, reason: failure?.message ?? '' });
  });
  if (isNews) deps.logger.warn({ accountId, eventType, ...failureFields(error) }, 'event type not available');
}

/** The task stays planned until the account is no longer refused; the rescuer then enqueues it. */
async function haltAccount(active: ActiveTask, error: unknown, deps: TaskDeps): Promise<void> {
  const { accountId } = active.task;
  const failure = failureOf(error);
  await refuseAccount(deps.pool, accountId, failure?.message ?? '');
  await writeTask(active, { state: 'planned', failure }, deps);
}

/** Gives the task back as it is, for this process or another to take later. */
async function releaseTask(active: ActiveTask, deps: TaskDeps): Promise<void> {
  const state = active.isCursorExact ? 'interrupted' : 'planned';
  // Where this fails, the rescuer finds a task that this process owns and does not execute.
  await writeTask(active, { state }, deps).catch(() => undefined);
}

/** Writes a change with the requests that left since the last one; false when the fence is lost. */
export function writeTask(active: ActiveTask, change: TaskChange, { pool }: TaskDeps): Promise<boolean> {
  return changeTask(pool, active.task, { ...change, requests: takeRequestCount(active) });
}

/** What the ledger keeps of a failure. */
export function failureOf(error: unknown): TaskFailure | undefined {
  if (!(error instanceof PipelineError)) return undefined;
  return { code: error.code, message: error.message, details: failureDetails(error) };
}
