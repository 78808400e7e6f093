import type { Queryable } from '../connection/pool.ts';
import { type FinishedTask, finishStatement } from './finish-statement.ts';

/**
 * Settles the planned window of a task once all its parts are settled, moves the checkpoint over what is
 * completely in, and writes to the job what the task has seen of it. To be called in the transaction that
 * finished the task.
 */
export async function finishTask(tx: Queryable, task: FinishedTask, requestId: string | null): Promise<void> {
  if (task.rootId !== task.taskId) await settleRoot(tx, task.rootId);
  const { name, text, values } = finishStatement();
  await tx.query({ name, text, values: values({ task, requestId }) });
}

/** Settles what was planned if no part of it is open. Parts that finish at the same time take turns. */
export async function settleRoot(tx: Queryable, rootId: number): Promise<void> {
  // The next statement sees what the others committed while this one waited.
  await tx.query('select from pipeline.extract_tasks where id = $1 for update', [rootId]);
  await tx.query(
    `update pipeline.extract_tasks as root
     set settled_at = now(), updated_at = now()
     where id = $1 and settled_at is null
       and not exists (
         select from pipeline.extract_tasks as part
         where part.root_id = $1 and part.id <> $1 and part.settled_at is null)`,
    [rootId],
  );
}
