import type { Queryable } from '../connection/pool.ts';
import { changeTask, type TaskFailure } from '../ledger/change-task.ts';
import type { OwnedTask } from '../ledger/task-ledger.ts';
import { settleRoot } from '../load/checkpoints.ts';

/**
 * Gives up the window of the tail that a task belongs to, because its rung does not work: the failure is noted, and the
 * next plan reads the same span on another rung. False when the fence was lost and nothing was written. Within a
 * transaction.
 */
export async function giveUpRung(
  tx: Queryable,
  task: OwnedTask,
  failure: TaskFailure,
  requests: number,
): Promise<boolean> {
  if (!(await changeTask(tx, task, { state: 'skipped', failure, isAttempt: true, requests }))) return false;
  const { accountId, eventType, rung, rootId, taskId } = task;
  await tx.query(
    `insert into pipeline.tail_failures (account_id, event_type, rung, code, reason) values ($1, $2, $3, $4, $5)
     on conflict (account_id, event_type, rung) do update
     set code = excluded.code, reason = excluded.reason, failed_at = now()`,
    [accountId, eventType, rung, failure.code, failure.message],
  );
  await skipParts(tx, [rootId]);
  if (rootId !== taskId) await settleRoot(tx, rootId);
  return true;
}

/** Which of the windows that ended runs left are given up. */
export interface LeftTails {
  readonly accountId: number;
  readonly eventTypes: readonly string[];
  /** Every one, or only those with a parked part: the next window covers their span as well. */
  readonly which: 'all' | 'parked';
}

/** Gives up windows of the tail, and requests for arrivals, that runs which have ended left. Within a transaction. */
export async function giveUpLeftTails(
  tx: Queryable,
  { accountId, eventTypes, which }: LeftTails,
): Promise<void> {
  // By extract_tasks_unsettled and extract_tasks_parked.
  const { rows } = await tx.query<{ rootId: number }>(
    `select distinct root_id as "rootId"
     from pipeline.extract_tasks as task
     where account_id = $1 and job_id is null and event_type = any($2)
       and (settled_at is null and (kind = 'arrivals' or kind = 'tail' and $3) or kind = 'tail' and state = 'parked')
       and not exists (
         select from pipeline.extract_tasks as part
         where part.root_id = task.root_id
           and (part.state = 'running'
                or exists (select from pipeline.runs as run where run.run_id = part.run_id and run.state = 'running')))`,
    [accountId, eventTypes, which === 'all'],
  );
  const rootIds = rows.map(({ rootId }) => rootId);
  await skipParts(tx, rootIds);
  for (const rootId of rootIds) await settleRoot(tx, rootId);
}

/** What is being read at the moment is read to its end: its rows are right, whatever follows from them. */
async function skipParts(tx: Queryable, rootIds: readonly number[]): Promise<void> {
  if (rootIds.length === 0) return;
  await tx.query(
    `update pipeline.extract_tasks
     set state = 'skipped', settled_at = now(), finished_at = now(), updated_at = now()
     where root_id = any($1) and (settled_at is null and state in ('planned', 'interrupted') or state = 'parked')`,
    [rootIds],
  );
}
