import type pg from 'pg';
import { finishTask } from '../load/checkpoints.ts';
import { inTransaction, type Queryable } from '../pool.ts';

/** Parked tasks are planned again, with a clean record of attempts; the next run takes them. Answers how many. */
export async function retryParkedTasks(
  database: Queryable,
  taskIds: readonly number[] | 'all',
): Promise<number> {
  const { rowCount } = await database.query(
    `update pipeline.extract_tasks
     set state = 'planned', attempts = 0, restarts = 0, settled_at = null, finished_at = null, updated_at = now()
     where state = 'parked' and ($1::bigint[] is null or id = any($1))`,
    [taskIds === 'all' ? null : taskIds],
  );
  return rowCount ?? 0;
}

/** A person accepts holes: recorded with who and why, and watermarks may pass. Answers how many. */
export async function acceptParkedTasks(
  pool: pg.Pool,
  taskIds: readonly number[],
  acceptance: { by: string; reason: string },
): Promise<number> {
  return inTransaction(pool, async (tx) => {
    const { rows } = await tx.query<{ id: number; root_id: number; job_id: number | null }>(
      `update pipeline.extract_tasks
       set state = 'accepted', accepted_by = $2, accepted_reason = $3, finished_at = now(), updated_at = now()
       where state = 'parked' and id = any($1)
       returning id, root_id, job_id`,
      [taskIds, acceptance.by, acceptance.reason],
    );
    for (const { id, root_id: rootId, job_id: jobId } of rows)
      await finishTask(tx, { taskId: id, rootId, jobId }, null);
    return rows.length;
  });
}
