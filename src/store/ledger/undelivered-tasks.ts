import type { Queryable } from '../pool.ts';
import { queueName, type QueuedTask } from './task-queue.ts';

/** Deliveries that nobody works on: taken from the queue by a process that died before it took the task. */
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

/** Waiting tasks looked at in one go: a tick costs the same, however many wait. */
const tasksPerLook = 1000;

export interface Look {
  readonly undelivered: readonly QueuedTask[];
  /** Where the next look begins; 0: at the front again. */
  readonly next: number;
}

/**
 * Tasks that wait to be taken although the queue has no entry for them: put down with an account that was
 * refused, or planned again by a person.
 *
 * Looks at so many of the waiting tasks after the id `after`; all of them have their turn.
 */
export async function findUndeliveredTasks(database: Queryable, after = 0): Promise<Look> {
  // Waiting tasks come by extract_tasks_waiting. What the queue has is taken off as a set: without statistics of a
  // queue that was filled a moment ago, a join may be planned as a scan of the queue for each task.
  const { rows } = await database.query<{ id: number; account_id: number; is_delivered: boolean }>(
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
     select id, account_id, id::text not in (select task_key from stranded) as is_delivered
     from waiting order by id`,
    [after],
  );
  const undelivered = rows.filter((row) => !row.is_delivered);
  return {
    undelivered: undelivered.map((row) => ({ taskId: row.id, accountId: row.account_id })),
    next: rows.length < tasksPerLook ? 0 : (rows.at(-1)?.id ?? 0),
  };
}
