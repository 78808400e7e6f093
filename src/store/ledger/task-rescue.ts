import { inTransaction, type Pool, type Queryable } from '../pool.ts';

/**
 * Gives back the tasks of processes that are gone, so that anybody may take them; answers the queue's
 * deliveries that they had in hand. Their cursors stay in the ledger but are not exact any more.
 */
export async function releaseTasksOf(pool: Pool, deadProcesses: readonly number[]): Promise<string[]> {
  if (deadProcesses.length === 0) return [];
  return inTransaction(pool, async (tx) => {
    const { rows } = await tx.query<{ queue_job_id: string | null }>(
      `with held as (
         select id, queue_job_id from pipeline.extract_tasks
         where settled_at is null and state = 'running' and process_id = any($1) for update)
       update pipeline.extract_tasks as task
       set state = 'planned', process_id = null, fence = task.fence + 1, updated_at = now()
       from held where task.id = held.id
       returning held.queue_job_id`,
      [deadProcesses],
    );
    await tx.query(
      `update pipeline.runs set state = 'finished', outcome = 'interrupted', finished_at = now()
       where state = 'running' and process_id = any($1)`,
      [deadProcesses],
    );
    await tx.query(
      'update pipeline.processes set ended_at = now() where process_id = any($1) and ended_at is null',
      [deadProcesses],
    );
    return rows.flatMap((row) => (row.queue_job_id === null ? [] : [row.queue_job_id]));
  });
}

/**
 * Gives back the tasks that the ledger says a living process has in hand and that it has not: the database was
 * away when it took them, or when it put them down. Answers their deliveries.
 */
export async function releaseForgottenTasks(
  database: Queryable,
  processId: number,
  isClaimed: (queueJobId: string) => boolean,
): Promise<string[]> {
  const { rows: held } = await database.query<{ id: number; fence: number; queue_job_id: string }>(
    `select id, fence, queue_job_id from pipeline.extract_tasks
     where settled_at is null and state = 'running' and process_id = $1`,
    [processId],
  );
  // Asked after the ledger: what is in it was in hand before, so that nothing just taken is given back.
  const forgotten = held.filter((task) => !isClaimed(task.queue_job_id));
  if (forgotten.length === 0) return [];
  const { rows } = await database.query<{ queue_job_id: string }>(
    `update pipeline.extract_tasks as task
     set state = 'planned', process_id = null, fence = task.fence + 1, updated_at = now()
     from unnest($1::bigint[], $2::bigint[]) as forgotten (id, fence)
     where task.id = forgotten.id and task.fence = forgotten.fence
       and task.state = 'running' and task.settled_at is null
     returning task.queue_job_id`,
    [forgotten.map(({ id }) => id), forgotten.map(({ fence }) => fence)],
  );
  return rows.map((row) => row.queue_job_id);
}
