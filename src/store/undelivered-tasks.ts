import type { Queryable } from './pool.ts';
import { queueName, type QueuedTask } from './task-queue.ts';

/** Deliveries that nobody works on: taken from the queue by a process that died before it took the task. */
export async function findAbandonedDeliveries(database: Queryable): Promise<string[]> {
  const { rows } = await database.query<{ id: string }>(
    `select job.id
     from pgboss.job as job
     where job.name = '${queueName}' and job.state = 'active'
       and job.started_on < now() - interval '5 seconds'
       and not exists (
         select from pipeline.extract_tasks as task
         where task.queue_job_id = job.id and task.state = 'running')`,
  );
  return rows.map(({ id }) => id);
}

/**
 * Tasks that wait to be taken although the queue has no entry for them: put down with an account that was
 * refused, or planned again by a person.
 */
export async function findUndeliveredTasks(database: Queryable): Promise<QueuedTask[]> {
  const { rows } = await database.query<{ id: number; account_id: number }>(
    `select id, account_id from pipeline.extract_tasks as task
     where settled_at is null and state in ('planned', 'interrupted')
       and not exists (
         select from pipeline.accounts as account
         where account.account_id = task.account_id and account.state = 'refused')
       and not exists ( -- by the index that keeps a second entry out of an exclusive queue
         select from pgboss.job
         where job.name = '${queueName}' and job.policy = 'exclusive' and job.state <= 'active'
           and coalesce(job.singleton_key, '') = task.id::text)
     order by id`,
  );
  return rows.map((row) => ({ taskId: row.id, accountId: row.account_id }));
}
