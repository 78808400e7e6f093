import { PipelineError, RetrieveTimedOutError } from '../../errors.ts';
import { refuseAccount, slowAccount } from '../../store/accounts.ts';
import { inTransaction, storeErrorFrom } from '../../store/pool.ts';
import { changeTask, splitTask, type TaskChange, type TaskFailure } from '../../store/ledger/task-ledger.ts';
import { hasSplitWithoutProgress } from '../../store/ledger/task-lineage.ts';
import { finishTask } from './commit-page.ts';
import { type Disposition, errorPolicy } from '../error-policy.ts';
import { backoffMs, slowDownMs } from '../backoff.ts';
import { type ActiveTask, takeRequestCount, type TaskDeps, taskFields } from './active-task.ts';
import { halveWindow } from '../planning/windows.ts';

/** A window that the source made us begin again so often is cut in halves: progress is certain then. */
const restartsMax = 2;

/**
 * A damaged record leaves all parts whole but its own. Where after so many cuts no part at all could be read,
 * it is not a record: on down to the second it would be a hundred thousand requests for nothing.
 */
const fruitlessSplitsMax = 4;

/** Before a task is parked the status is waited for: so many first steps of back-off, a minute at the default. */
const lastTrySteps = 30;

/** Failures that a smaller window would meet as well: reading it again does not count as a restart. */
const sizeIsNoCause: ReadonlySet<string> = new Set(['STORE_UNAVAILABLE', 'RATE_LIMITED']);

/** An account that asked us to slow down has its concurrency halved for so long. */
const slowedSeconds = 300;

/**
 * Does what the policy says after a failed try; true when the task is to be tried again at once.
 *
 * An error that is not ours is a bug: the task is put down as it was and the error goes on.
 */
export async function applyPolicy(active: ActiveTask, deps: TaskDeps, thrown: unknown): Promise<boolean> {
  const error = thrown instanceof PipelineError ? thrown : storeErrorFrom(thrown);
  if (!(error instanceof PipelineError)) {
    await release(active, deps);
    throw error;
  }
  const policy: Disposition = errorPolicy[error.code];
  const { verdict } = policy;
  const fields = { ...taskFields(active.task), code: error.code, disposition: verdict };
  deps.logger.warn({ ...fields, reason: error.message }, 'task try failed');
  switch (verdict) {
    case 'retry':
      return retry(active, deps, error, policy);
    case 'slow':
      return slowDown(active, deps, error, policy.attemptsMax);
    case 'split':
      return splitAfterTimeout(active, deps, error);
    case 'restart':
      return restart(active, deps, error);
    case 'pause':
      return true; // the next request waits at the gate
    case 'park':
    case 'park-event-type':
    case 'set-aside':
      return park(active, deps, error);
    case 'abandon':
      return false;
    case 'halt-account':
      return haltAccount(active, deps, error);
    case 'halt':
      await release(active, deps);
      throw error;
  }
}

/**
 * Cuts a window that was too broad for the server. Where it was our own time-out that struck, the server
 * may be down instead: then every half would time out as well, so its status is asked first.
 */
async function splitAfterTimeout(active: ActiveTask, deps: TaskDeps, error: PipelineError): Promise<boolean> {
  if (error.context['requestTimeoutMs'] !== undefined) {
    await deps.gate.probeStatus(active.account.client, active.signals.stop);
    if (!(await deps.gate.state()).isOpen) return again(active, deps, error, { isAttempt: false });
  }
  return splitInHalves(active, deps, error);
}

async function retry(
  active: ActiveTask,
  deps: TaskDeps,
  error: PipelineError,
  policy: Extract<Disposition, { verdict: 'retry' }>,
): Promise<boolean> {
  const { account, signals } = active;
  if (policy.isProbed) {
    const isLastTry = active.attempts >= policy.attemptsMax;
    const waitMs = isLastTry ? deps.retryBaseMs * lastTrySteps : 0;
    await deps.gate.probeStatus(account.client, signals.stop, waitMs);
    // Maintenance or an outage explains it: what the gate turned away has not been tried.
    if (!(await deps.gate.state()).isOpen) return again(active, deps, error, { isAttempt: false });
  }
  active.attempts += 1;
  if (active.attempts > policy.attemptsMax)
    return policy.then === 'split' ? splitOrPark(active, deps, error) : park(active, deps, error);

  await deps.sleep(backoffMs(active.attempts - 1, deps.retryBaseMs, deps.random), signals.stop);
  return again(active, deps, error, { isAttempt: true });
}

/**
 * Tries the task again. After a failure on a continue request the server's cursor may have moved, so the
 * window is read from its first page, unless this account's cursors are known to repeat a page.
 */
async function again(
  active: ActiveTask,
  deps: TaskDeps,
  error: PipelineError,
  { isAttempt }: { isAttempt: boolean },
): Promise<boolean> {
  const isMidway = active.cursor !== undefined && !active.account.isCursorReplayable;
  // A window that is fine as it is must not be cut because Postgres was away or we were asked to slow down.
  if (isMidway && !sizeIsNoCause.has(error.code)) return restart(active, deps, error);
  if (isMidway || error.code === 'STORE_UNAVAILABLE') active.cursor = undefined;
  return write(active, deps, { state: 'running', failure: failureOf(error), isAttempt });
}

async function restart(active: ActiveTask, deps: TaskDeps, error: PipelineError): Promise<boolean> {
  active.restarts += 1;
  if (active.restarts > restartsMax && halveWindow(active.task.window) !== undefined)
    return splitOrPark(active, deps, error);

  active.cursor = undefined;
  return write(active, deps, { state: 'running', failure: failureOf(error), isRestart: true });
}

async function slowDown(
  active: ActiveTask,
  deps: TaskDeps,
  error: PipelineError,
  attemptsMax: number,
): Promise<boolean> {
  const { task, signals } = active;
  active.attempts += 1;
  if (active.attempts > attemptsMax) return park(active, deps, error);
  await slowAccount(deps.pool, task.accountId, slowedSeconds);
  const restMs = slowDownMs(active.attempts - 1, deps.retryBaseMs, error.context['retryAfterMs']);
  await deps.sleep(restMs, signals.stop);
  return again(active, deps, error, { isAttempt: true });
}

async function splitOrPark(active: ActiveTask, deps: TaskDeps, error: PipelineError): Promise<boolean> {
  const isInVain = await hasSplitWithoutProgress(deps.pool, active.task, fruitlessSplitsMax);
  return isInVain ? park(active, deps, error) : splitInHalves(active, deps, error);
}

/** Replaces the window by its halves; one that cannot be cut any more is parked. */
export async function splitInHalves(
  active: ActiveTask,
  deps: TaskDeps,
  error?: PipelineError,
): Promise<boolean> {
  const { task } = active;
  const halves = halveWindow(task.window);
  if (halves === undefined)
    return park(active, deps, error ?? new RetrieveTimedOutError('one second holds too many pages'));

  await inTransaction(deps.pool, (tx) => splitTask(tx, deps.queue, task, halves, error && failureOf(error)));
  deps.logger.info({ ...taskFields(task), code: error?.code }, 'window split');
  return false;
}

/** Puts the task aside for a person; the run goes on, and the watermark stays before it. */
export async function park(active: ActiveTask, deps: TaskDeps, error: PipelineError): Promise<boolean> {
  const { task } = active;
  const requests = takeRequestCount(active);
  await inTransaction(deps.pool, async (tx) => {
    const change: TaskChange = { state: 'parked', failure: failureOf(error), isAttempt: true, requests };
    if (await changeTask(tx, task, change)) await finishTask(tx, task, null);
  });
  deps.logger.error({ ...taskFields(task), code: error.code, reason: error.message }, 'task parked');
  return false;
}

async function haltAccount(active: ActiveTask, deps: TaskDeps, error: PipelineError): Promise<boolean> {
  const { accountId } = active.task;
  await refuseAccount(deps.pool, accountId, error.message);
  await write(active, deps, { state: 'planned', failure: failureOf(error) });
  deps.onAccountRefused(accountId, error);
  return false;
}

/**
 * Gives the task back as it is, for this process or another to take later. Its cursor is exact only if no
 * request has left since the page it came with.
 */
export async function release(active: ActiveTask, deps: TaskDeps): Promise<void> {
  if (active.isReleased) return;
  const state = active.isCursorExact ? 'interrupted' : 'planned';
  await write(active, deps, { state }).catch(() => undefined);
}

/** True: go on. Where the fence is lost there is nothing more to do. */
async function write(active: ActiveTask, deps: TaskDeps, change: TaskChange): Promise<boolean> {
  return changeTask(deps.pool, active.task, { ...change, requests: takeRequestCount(active) });
}

function failureOf(error: PipelineError): TaskFailure {
  return { code: error.code, message: error.message };
}
