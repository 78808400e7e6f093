import { ProcessDiedError } from '../../errors.ts';
import type { FinishedTask } from '../load/finish-statement.ts';
import { inTransaction, type Pool, type Queryable } from '../connection/pool.ts';
import { finishTaskOfKind } from './finish-task.ts';
import type { OwnedTask, TaskKind } from './task-ledger.ts';

/**
 * Releases the tasks of processes that died, so that any process may claim them, and ends their runs. Returns the
 * deliveries of these tasks. Their cursors stay in the ledger but are not exact any more.
 *
 * A death counts where no page was committed since the claim. A task that was executed alone then is parked: it is what
 * the process died of.
 */
export async function releaseTasksOf(pool: Pool, deadProcesses: readonly number[]): Promise<string[]> {
  if (deadProcesses.length === 0) return [];
  return inTransaction(pool, async (tx) => {
    const { rows } = await tx.query<ReleasedTask>(
      `with held as (
         select id, queue_job_id, pages > coalesce(pages_when_taken, -1) as progressed
         from pipeline.extract_tasks
         where settled_at is null and state = 'running' and process_id = any($1) for update)
       update pipeline.extract_tasks as task
       set state = 'planned', process_id = null, fence = task.fence + 1, updated_at = now(),
           deaths = case when held.progressed then 0 else task.deaths + 1 end
       from held where task.id = held.id
       returning task.id as "taskId", task.root_id as "rootId", task.job_id as "jobId", task.kind,
                 held.queue_job_id as "queueJobId", task.runs_alone and not held.progressed as "isFatal"`,
      [deadProcesses],
    );
    for (const task of rows) if (task.isFatal) await parkFatalTask(tx, task);
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

interface ReleasedTask extends FinishedTask {
  readonly kind: TaskKind;
  readonly queueJobId: string | null;
  readonly isFatal: boolean;
}

async function parkFatalTask(tx: Queryable, task: ReleasedTask): Promise<void> {
  const { code, message } = new ProcessDiedError(
    'each process that executed it died before it committed a page, the last one while it executed nothing else',
  );
  await tx.query(
    `update pipeline.extract_tasks
     set state = 'parked', error_code = $2, error_message = $3, failure = null, parked_at = now(), finished_at = now(),
         settled_at = now(), updated_at = now()
     where id = $1`,
    [task.taskId, code, message],
  );
  await finishTaskOfKind(tx, task, null);
}

/** Notes that a task is executed alone in its process from now on; false when the fence is lost. */
export async function noteAlone(database: Queryable, { taskId, fence }: OwnedTask): Promise<boolean> {
  const { rowCount } = await database.query(
    'update pipeline.extract_tasks set runs_alone = true where id = $1 and fence = $2 and settled_at is null',
    [taskId, fence],
  );
  return rowCount === 1;
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
