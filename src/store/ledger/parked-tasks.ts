import type pg from 'pg';
import type { FinishedTask } from '../load/finish-statement.ts';
import { inTransaction, type Queryable } from '../connection/pool.ts';
import { askAgainSoon } from '../planning/unavailable.ts';
import { finishTaskOfKind } from './finish-task.ts';
import type { TaskKind } from './task-ledger.ts';

/**
 * Plans parked tasks again, with a clean record of attempts; the next run takes them. With `all` it also requests
 * event types again that were not available. Returns the number of tasks planned.
 */
export async function retryParkedTasks(
  database: Queryable,
  taskIds: readonly number[] | 'all',
): Promise<number> {
  if (taskIds === 'all') await askAgainSoon(database);
  const { rowCount } = await database.query(
    `update pipeline.extract_tasks
     set state = 'planned', attempts = 0, restarts = 0, deaths = 0, fails_seconds = null, settled_at = null, finished_at = null, updated_at = now()
     where state = 'parked' and ($1::bigint[] is null or id = any($1))`,
    [taskIds === 'all' ? null : taskIds],
  );
  return rowCount ?? 0;
}

/**
 * Accepts holes in the name of a person: recorded with who and why, and watermarks may pass. Returns the number of
 * tasks accepted.
 */
export async function acceptParkedTasks(
  pool: pg.Pool,
  taskIds: readonly number[],
  acceptance: { by: string; reason: string },
): Promise<number> {
  return inTransaction(pool, async (tx) => {
    const { rows } = await tx.query<FinishedTask & { readonly kind: TaskKind }>(
      `update pipeline.extract_tasks
       set state = 'accepted', accepted_by = $2, accepted_reason = $3, finished_at = now(), updated_at = now()
       where state = 'parked' and id = any($1)
       returning id as "taskId", root_id as "rootId", job_id as "jobId", kind`,
      [taskIds, acceptance.by, acceptance.reason],
    );
    for (const task of rows) await finishTaskOfKind(tx, task, null);
    return rows.length;
  });
}
