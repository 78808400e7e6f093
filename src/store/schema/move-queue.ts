import { program } from '../../invocation.ts';
import { ConfigInvalidError } from '../../errors.ts';
import { TaskQueue } from '../queue/task-queue.ts';
import { findUndeliveredTasks } from '../queue/undelivered-tasks.ts';
import { inTransaction, type Pool, type Queryable } from '../connection/pool.ts';
import { findLiveProcesses } from '../connection/session.ts';

/**
 * Whether an earlier version of this program has its queue in schema `pgboss`, where any other application that
 * uses pg-boss has its own.
 */
export async function hasOldQueue(database: Queryable): Promise<boolean> {
  const { rows } = await database.query<{ mayRead: boolean }>(
    `select count(*) = 3 as "mayRead"
     from pg_class as class join pg_namespace as schema on schema.oid = class.relnamespace
     where (schema.nspname, class.relname) in (('pgboss', 'queue'), ('pgboss', 'job'), ('pipeline', 'extract_tasks'))
       and has_schema_privilege(schema.oid, 'usage') and has_table_privilege(class.oid, 'select')`,
  );
  if (rows[0]?.mayRead !== true) return false;
  // Entries of ours all carry the id of a task in the ledger.
  const { rowCount } = await database.query(
    `select from pgboss.queue
     where name = 'extract-task'
       and not exists (select from pgboss.job where name = 'extract-task' and data ->> 'taskId' is null)`,
  );
  return rowCount === 1;
}

/**
 * Checks that no process uses the old queue.
 *
 * @throws {ConfigInvalidError} naming the processes to stop.
 */
export async function assertNoProcessRuns(database: Queryable): Promise<void> {
  const running = await findLiveProcesses(database);
  if (running.length === 0) return;
  const names = running.map(({ command, host, pid }) => `${command} (pid ${pid} on ${host})`).join(', ');
  throw new ConfigInvalidError(
    `the queue moves to a schema of its own, but ${names} of an earlier version still runs: stop it, then run ${program} migrate; nothing was changed`,
    { running: running.length },
  );
}

/**
 * Sends the ledger's waiting tasks to the new queue and removes the old one; leaves all else in `pgboss` alone.
 * Returns the number of tasks sent.
 */
export async function moveQueue(pool: Pool, databaseUrl: string): Promise<number> {
  const queue = await TaskQueue.start(databaseUrl);
  try {
    return await inTransaction(pool, async (tx) => {
      // A process registers before it takes tasks, so none can start until this transaction ends.
      await tx.query('lock table pipeline.processes in share row exclusive mode');
      await assertNoProcessRuns(tx);
      const sent = await sendWaitingTasks(tx, queue);
      await tx.query(`delete from pgboss.job where name = 'extract-task'`);
      await tx.query(`delete from pgboss.queue where name = 'extract-task'`);
      return sent;
    });
  } finally {
    await queue.stop();
  }
}

async function sendWaitingTasks(tx: Queryable, queue: TaskQueue): Promise<number> {
  let sent = 0;
  for (let after: number | undefined = 0; after !== undefined;) {
    const { undelivered, next } = await findUndeliveredTasks(tx, after);
    await queue.enqueue(tx, undelivered);
    sent += undelivered.length;
    after = next === 0 ? undefined : next;
  }
  return sent;
}
