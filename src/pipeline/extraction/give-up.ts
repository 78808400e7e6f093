import { type ErrorCode, failureFields } from '../../errors.ts';
import { changeTask, type TaskFailure } from '../../store/ledger/change-task.ts';
import { giveUpRung } from '../../store/tail/give-up-tails.ts';
import { inTransaction } from '../../store/connection/pool.ts';
import { type ActiveTask, takeRequestCount, type TaskDeps, taskFields } from './active-task.ts';

/**
 * Failures of the whole account, or that pass: another filter would meet them as well. After any other, the span of a
 * tail window is read on the next rung.
 */
const notOfTheRung: ReadonlySet<ErrorCode> = new Set([
  ...(['TRANSPORT_FAILED', 'TOKEN_EXPIRED', 'RATE_LIMITED', 'STORE_UNAVAILABLE'] as const),
  ...(['PERMISSION_DENIED', 'FEATURE_MISSING', 'SOURCE_UNAVAILABLE', 'PROCESS_DIED'] as const),
]);

/**
 * Ends a task that a person need not look at: a window of the tail that can be read on another rung, or a request for
 * arrivals, which proves nothing. Returns whether it was one.
 */
export async function giveUpIfReplaceable(
  active: ActiveTask,
  failure: TaskFailure | undefined,
  error: unknown,
  { pool, logger }: TaskDeps,
): Promise<boolean> {
  const { task } = active;
  const fields = { ...taskFields(task), ...failureFields(error) };
  if (task.kind === 'arrivals') {
    const change = { state: 'skipped' as const, failure, requests: takeRequestCount(active) };
    await changeTask(pool, task, change);
    logger.warn(fields, 'arrivals could not be read');
    return true;
  }
  if (task.kind !== 'tail' || failure === undefined || notOfTheRung.has(failure.code)) return false;
  const requests = takeRequestCount(active);
  if (await inTransaction(pool, (tx) => giveUpRung(tx, task, failure, requests)))
    logger.warn({ ...fields, rung: task.rung }, 'tail continues on the next rung');
  return true;
}
