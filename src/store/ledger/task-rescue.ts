import { inTransaction, type Pool, type Queryable } from '../pool.ts';

/**
 * Releases the tasks of processes that died, so that any process may claim them, and ends their runs. Returns the
 * deliveries of these tasks. Their cursors stay in the ledger but are not exact any more.
 */
export async function releaseTasksOf(pool: Pool, deadProcesses: readonly number[]): Promise<string[]> {
  if (deadProcesses.length === 0) return [];
  return inTransaction(pool, async (tx) => {
    const { rows } = await tx.query<{ queueJobId: string | null }>(
      `with held as (
         select id, queue_job_id from pipeline.extract_tasks
         where settled_at is null and state = 'running' and process_id = any($1) for update)
       update pipeline.extract_tasks as task
       set state = 'planned', process_id = null, fence = task.fence + 1, updated_at = now()
       from held where task.id = held.id
       returning held.queue_job_id as "queueJobId"`,
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
    return rows.flatMap(({ queueJobId }) => (queueJobId === null ? [] : [queueJobId]));
  });
}

/**
 * Releases tasks that the ledger records as running in this process and that it is not executing: the database was
 * away when they were claimed or released. Returns their deliveries.
 */
export async function releaseForgottenTasks(
  database: Queryable,
  processId: number,
  isClaimed: (queueJobId: string) => boolean,
): Promise<string[]> {
  const { rows: held } = await database.query<{ id: number; fence: number; queueJobId: string }>(
    `select id, fence, queue_job_id as "queueJobId" from pipeline.extract_tasks
     where settled_at is null and state = 'running' and process_id = $1`,
    [processId],
  );
  // After the query: a task that was claimed meanwhile is not among its rows, so it is not released.
  const forgotten = held.filter(({ queueJobId }) => !isClaimed(queueJobId));
  if (forgotten.length === 0) return [];
  const { rows } = await database.query<{ queueJobId: string }>(
    `update pipeline.extract_tasks as task
     set state = 'planned', process_id = null, fence = task.fence + 1, updated_at = now()
     from unnest($1::bigint[], $2::bigint[]) as forgotten (id, fence)
     where task.id = forgotten.id and task.fence = forgotten.fence
       and task.state = 'running' and task.settled_at is null
     returning task.queue_job_id as "queueJobId"`,
    [forgotten.map(({ id }) => id), forgotten.map(({ fence }) => fence)],
  );
  return rows.map(({ queueJobId }) => queueJobId);
}
