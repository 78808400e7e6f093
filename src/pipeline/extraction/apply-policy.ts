import { PipelineError, RetrieveTimedOutError } from '../../errors.ts';
import { refuseAccount, slowAccount } from '../../store/accounts.ts';
import { inTransaction, storeErrorFrom } from '../../store/pool.ts';
import { changeTask, splitTask, type TaskChange, type TaskFailure } from '../../store/ledger/task-ledger.ts';
import { isCuttingInVain } from '../../store/ledger/task-lineage.ts';
import { finishTask } from './commit-page.ts';
import { type Disposition, errorPolicy } from '../error-policy.ts';
import { backoffMs, rest, slowDownMs } from '../backoff.ts';
import { type Pursuit, takeRequestCount, type TaskDeps, taskFields } from './active-task.ts';
import { halveWindow } from '../planning/windows.ts';

/** A window that the source made us begin again so often is cut in halves: progress is certain then. */
const restartsMax = 2;

/**
 * A damaged record leaves all parts whole but its own. Where after so many cuts no part at all could be read,
 * it is not a record: on down to the second it would be a hundred thousand requests for nothing.
 */
const cutsInVainMax = 4;

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
export async function followUp(pursuit: Pursuit, deps: TaskDeps, thrown: unknown): Promise<boolean> {
  const error = thrown instanceof PipelineError ? thrown : storeErrorFrom(thrown);
  if (!(error instanceof PipelineError)) {
    await putDown(pursuit, deps);
    throw error;
  }
  const policy: Disposition = errorPolicy[error.code];
  const { verdict } = policy;
  const fields = { ...taskFields(pursuit.task), code: error.code, disposition: verdict };
  deps.logger.warn({ ...fields, reason: error.message }, 'task try failed');
  switch (verdict) {
    case 'retry':
      return retry(pursuit, deps, error, policy);
    case 'slow':
      return slowDown(pursuit, deps, error, policy.attemptsMax);
    case 'split':
      return shorten(pursuit, deps, error);
    case 'restart':
      return restart(pursuit, deps, error);
    case 'pause':
      return true; // the next request waits at the gate
    case 'park':
    case 'park-event-type':
    case 'set-aside':
      return park(pursuit, deps, error);
    case 'abandon':
      return false;
    case 'halt-account':
      return haltAccount(pursuit, deps, error);
    case 'halt':
      await putDown(pursuit, deps);
      throw error;
  }
}

/**
 * Cuts a window that was too broad for the server. Where it was our own time-out that struck, the server
 * may be down instead: then every half would time out as well, so its status is asked first.
 */
async function shorten(pursuit: Pursuit, deps: TaskDeps, error: PipelineError): Promise<boolean> {
  if (error.context['requestTimeoutMs'] !== undefined) {
    await deps.gate.explainFailure(pursuit.account.client, pursuit.signals.stop);
    if (!(await deps.gate.state()).isOpen) return again(pursuit, deps, error, { isAttempt: false });
  }
  return cutInHalves(pursuit, deps, error);
}

async function retry(
  pursuit: Pursuit,
  deps: TaskDeps,
  error: PipelineError,
  policy: Extract<Disposition, { verdict: 'retry' }>,
): Promise<boolean> {
  const { account, signals } = pursuit;
  if (policy.isProbed) {
    const isLastTry = pursuit.attempts >= policy.attemptsMax;
    const patienceMs = isLastTry ? deps.retryBaseMs * lastTrySteps : 0;
    await deps.gate.explainFailure(account.client, signals.stop, patienceMs);
    // Maintenance or an outage explains it: what the gate turned away has not been tried.
    if (!(await deps.gate.state()).isOpen) return again(pursuit, deps, error, { isAttempt: false });
  }
  pursuit.attempts += 1;
  if (pursuit.attempts > policy.attemptsMax) {
    return policy.then === 'split' ? cutOrPark(pursuit, deps, error) : park(pursuit, deps, error);
  }
  await rest(backoffMs(pursuit.attempts - 1, deps.retryBaseMs, deps.random), signals.stop);
  return again(pursuit, deps, error, { isAttempt: true });
}

/**
 * Tries the task again. After a failure on a continue request the server's cursor may have moved, so the
 * window is read from its first page, unless this account's cursors are known to repeat a page.
 */
async function again(
  pursuit: Pursuit,
  deps: TaskDeps,
  error: PipelineError,
  { isAttempt }: { isAttempt: boolean },
): Promise<boolean> {
  const isMidway = pursuit.cursor !== undefined && !pursuit.account.isCursorReplayable;
  // A window that is fine as it is must not be cut because Postgres was away or we were asked to slow down.
  if (isMidway && !sizeIsNoCause.has(error.code)) return restart(pursuit, deps, error);
  if (isMidway || error.code === 'STORE_UNAVAILABLE') pursuit.cursor = undefined;
  return write(pursuit, deps, { state: 'running', failure: failureOf(error), isAttempt });
}

async function restart(pursuit: Pursuit, deps: TaskDeps, error: PipelineError): Promise<boolean> {
  pursuit.restarts += 1;
  if (pursuit.restarts > restartsMax && halveWindow(pursuit.task.window) !== undefined) {
    return cutOrPark(pursuit, deps, error);
  }
  pursuit.cursor = undefined;
  return write(pursuit, deps, { state: 'running', failure: failureOf(error), isRestart: true });
}

async function slowDown(
  pursuit: Pursuit,
  deps: TaskDeps,
  error: PipelineError,
  attemptsMax: number,
): Promise<boolean> {
  const { task, signals } = pursuit;
  pursuit.attempts += 1;
  if (pursuit.attempts > attemptsMax) return park(pursuit, deps, error);
  await slowAccount(deps.pool, task.accountId, slowedSeconds);
  const restMs = slowDownMs(pursuit.attempts - 1, deps.retryBaseMs, error.context['retryAfterMs']);
  await rest(restMs, signals.stop);
  return again(pursuit, deps, error, { isAttempt: true });
}

async function cutOrPark(pursuit: Pursuit, deps: TaskDeps, error: PipelineError): Promise<boolean> {
  const isInVain = await isCuttingInVain(deps.pool, pursuit.task, cutsInVainMax);
  return isInVain ? park(pursuit, deps, error) : cutInHalves(pursuit, deps, error);
}

/** Replaces the window by its halves; one that cannot be cut any more is parked. */
export async function cutInHalves(pursuit: Pursuit, deps: TaskDeps, error?: PipelineError): Promise<boolean> {
  const { task } = pursuit;
  const halves = halveWindow(task.window);
  if (halves === undefined) {
    return park(pursuit, deps, error ?? new RetrieveTimedOutError('one second holds too many pages'));
  }
  await inTransaction(deps.pool, (tx) => splitTask(tx, deps.queue, task, halves, error && failureOf(error)));
  deps.logger.info({ ...taskFields(task), code: error?.code }, 'window split');
  return false;
}

/** Puts the task aside for a person; the run goes on, and the watermark stays before it. */
export async function park(pursuit: Pursuit, deps: TaskDeps, error: PipelineError): Promise<boolean> {
  const { task } = pursuit;
  const requests = takeRequestCount(pursuit);
  await inTransaction(deps.pool, async (tx) => {
    const change: TaskChange = { state: 'parked', failure: failureOf(error), isAttempt: true, requests };
    if (await changeTask(tx, task, change)) await finishTask(tx, task, null);
  });
  deps.logger.error({ ...taskFields(task), code: error.code, reason: error.message }, 'task parked');
  return false;
}

async function haltAccount(pursuit: Pursuit, deps: TaskDeps, error: PipelineError): Promise<boolean> {
  const { accountId } = pursuit.task;
  await refuseAccount(deps.pool, accountId, error.message);
  await write(pursuit, deps, { state: 'planned', failure: failureOf(error) });
  deps.onAccountRefused(accountId, error);
  return false;
}

/**
 * Gives the task back as it is, for this process or another to take later. Its cursor is exact only if no
 * request has left since the page it came with.
 */
export async function putDown(pursuit: Pursuit, deps: TaskDeps): Promise<void> {
  if (pursuit.isPutDown) return;
  const isExact = pursuit.task.wasInterrupted && !pursuit.hasAsked;
  await write(pursuit, deps, { state: isExact ? 'interrupted' : 'planned' }).catch(() => undefined);
}

/** True: go on. Where the fence is lost there is nothing more to do. */
async function write(pursuit: Pursuit, deps: TaskDeps, change: TaskChange): Promise<boolean> {
  return changeTask(deps.pool, pursuit.task, { ...change, requests: takeRequestCount(pursuit) });
}

function failureOf(error: PipelineError): TaskFailure {
  return { code: error.code, message: error.message };
}
