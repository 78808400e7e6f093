import type { Queryable } from '../connection/pool.ts';
import { queueName, type QueuedTask } from './task-queue.ts';

/** Deliveries that no process executes: fetched from the queue by a process that died before it claimed the task. */
export async function findAbandonedDeliveries(database: Queryable): Promise<string[]> {
  const { rows } = await database.query<{ id: string }>(
    `select job.id
     from sfmc_tracking_queue.job as job
     where job.name = '${queueName}' and job.state = 'active'
       and job.started_on < now() - interval '5 seconds'
       and not exists (
         select from pipeline.extract_tasks as task
         where task.queue_job_id = job.id and task.state = 'running')`,
  );
  return rows.map(({ id }) => id);
}

/** Waiting tasks in one look, so that a look costs the same however many wait. */
const tasksPerLook = 1000;

export interface Look {
  readonly undelivered: readonly QueuedTask[];
  /** The id after which the next look begins; 0: from the first task again. */
  readonly next: number;
}

/**
 * Tasks that wait although the queue has no entry for them: released when their account was refused, or planned
 * again by a person.
 *
 * Looks at up to `tasksPerLook` waiting tasks after the id `after`; repeated looks reach all of them.
 */
export async function findUndeliveredTasks(database: Queryable, after = 0): Promise<Look> {
  // Waiting tasks by extract_tasks_waiting. Queued ones are removed by `except`: without statistics of a queue that was
  // filled a moment ago, a join may be planned as a scan of the queue for each task.
  const { rows } = await database.query<QueuedTask & { readonly isDelivered: boolean }>(
    `with waiting as materialized (
       select id, account_id from pipeline.extract_tasks as task
       where settled_at is null and state in ('planned', 'interrupted') and id > $1
         and not exists (
           select from pipeline.accounts as account
           where account.account_id = task.account_id and account.state = 'refused')
       order by id limit ${tasksPerLook}),
     stranded as materialized (
       select id::text as task_key from waiting
       except
       select coalesce(singleton_key, '') from sfmc_tracking_queue.job
       where name = '${queueName}' and policy = 'exclusive' and state <= 'active')
     select id as "taskId", account_id as "accountId",
            id::text not in (select task_key from stranded) as "isDelivered"
     from waiting order by id`,
    [after],
  );
  const undelivered = rows.filter(({ isDelivered }) => !isDelivered);
  return {
    undelivered: undelivered.map(({ taskId, accountId }) => ({ taskId, accountId })),
    next: rows.length < tasksPerLook ? 0 : (rows.at(-1)?.taskId ?? 0),
  };
}
