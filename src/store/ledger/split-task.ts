import type { Queryable } from '../connection/pool.ts';
import type { TaskFailure } from './change-task.ts';
import { type OwnedTask, scopeArrays, type TaskScope } from './task-ledger.ts';
import type { TaskQueue } from '../queue/task-queue.ts';

/** Why a task was split, and the requests that left since its last page. */
export interface SplitNote {
  readonly failure?: TaskFailure | undefined;
  readonly requests?: number;
}

/** Replaces a task that this process owns by parts of its scope; false when the fence was lost. Within a transaction. */
export async function splitTask(
  tx: Queryable,
  queue: TaskQueue,
  task: OwnedTask,
  parts: readonly TaskScope[],
  { failure, requests = 0 }: SplitNote = {},
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `update pipeline.extract_tasks
     set state = 'split', requests = requests + $6, error_code = $3, error_message = $4, failure = $5, finished_at = now(), updated_at = now(),
         settled_at = case when id = root_id then null else now() end
     where id = $1 and fence = $2 and settled_at is null`,
    [task.taskId, task.fence, failure?.code, failure?.message, failure?.details, requests],
  );
  if (rowCount !== 1) return false;
  const { rows } = await tx.query<{ taskId: number; accountId: number }>(
    `insert into pipeline.extract_tasks
       (root_id, parent_id, run_id, kind, origin, account_id, job_id, event_type, rung, below_job_id, window_from,
        window_to, job_ids, definition_id)
     select root_id, id, run_id, kind, origin, account_id, job_id, event_type, rung, below_job_id, part.window_from,
            part.window_to, part.job_ids::bigint[], part.definition_id
     from pipeline.extract_tasks,
          unnest($2::timestamptz[], $3::timestamptz[], $4::text[], $5::uuid[])
            as part (window_from, window_to, job_ids, definition_id)
     where id = $1
     returning id as "taskId", account_id as "accountId"`,
    [task.taskId, ...scopeArrays(parts)],
  );
  await queue.enqueue(tx, rows);
  return true;
}
