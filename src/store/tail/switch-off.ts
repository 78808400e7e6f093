import type { Queryable } from '../connection/pool.ts';
import type { OwnedTask } from '../ledger/task-ledger.ts';

/**
 * Switches the tail of an account off: a job that was read by JobID had events that reading by date had missed. What
 * the tail has marked as read is read again job by job, from where reading by JobID had ended.
 *
 * Besides marks that lie in the future, only here does a watermark move backwards.
 */
export async function switchOffTail(
  tx: Queryable,
  { accountId, jobId, eventType }: Pick<OwnedTask, 'accountId' | 'jobId' | 'eventType'>,
  missed: number,
): Promise<void> {
  const reason = `${missed} ${eventType} ${missed === 1 ? 'event' : 'events'} of job ${jobId ?? ''} had not been read by date`;
  await tx.query(
    `update pipeline.accounts
     set tail_off_at = now(), tail_off_reason = $2, updated_at = now()
     where account_id = $1`,
    [accountId, reason],
  );
  await tx.query('delete from pipeline.tails where account_id = $1', [accountId]);
  await tx.query(
    `update pipeline.checkpoints
     set covered_to = tail_from, watermark = least(watermark, tail_from), tail_from = null, asked_at = null,
         updated_at = now()
     where account_id = $1 and tail_from is not null`,
    [accountId],
  );
}

/** Forgets how far the tail of an account is read, for these event types: they are read job by job from now on. */
export async function forgetTails(
  tx: Queryable,
  accountId: number,
  eventTypes: readonly string[],
): Promise<void> {
  await tx.query('delete from pipeline.tails where account_id = $1 and event_type = any($2)', [
    accountId,
    eventTypes,
  ]);
}
