import { PgBoss } from 'pg-boss';
import { connectionOptions, type Queryable } from './pool.ts';

const queueName = 'extract-task';

/** Liveness is the owner's advisory lock, not the clock: a long window must not be taken away. */
const expireSeconds = 24 * 60 * 60;

/** A delivery is handed out again whenever its owner dies; attempts are counted in the ledger. */
const deliveriesMax = 10_000;

/** Finished deliveries tell nothing the ledger does not. */
const keepFinishedSeconds = 60 * 60;

/** What a queue entry carries: the ledger's id, nothing else. */
export interface QueuedTask {
  taskId: number;
  accountId: number;
}

export interface Delivery extends QueuedTask {
  queueJobId: string;
}

export interface WorkingOptions {
  /** Deliveries in hand at once in this process. */
  concurrency: number;
  /** Of these, for one account, so that a busy account leaves room for the others. */
  concurrencyPerAccount: number;
}

/** Installs or updates pg-boss's own schema and the queue. Part of `migrate`. */
export async function installTaskQueue(databaseUrl: string): Promise<void> {
  const boss = createBoss(databaseUrl, { migrate: true, createSchema: true });
  await boss.start();
  try {
    const settings = {
      notify: true,
      expireInSeconds: expireSeconds,
      retryLimit: deliveriesMax,
      retryDelay: 0,
      deleteAfterSeconds: keepFinishedSeconds,
    };
    if ((await boss.getQueue(queueName)) === null) {
      await boss.createQueue(queueName, { policy: 'exclusive', ...settings });
    } else {
      await boss.updateQueue(queueName, settings);
    }
  } finally {
    await boss.stop({ graceful: false });
  }
}

/** True when `migrate` has installed the queue. */
export async function isTaskQueueInstalled(database: Queryable): Promise<boolean> {
  const { rows } = await database.query<{ found: boolean }>(
    `select to_regclass('pgboss.queue') is not null as found`,
  );
  return rows[0]?.found === true;
}

function createBoss(databaseUrl: string, install: { migrate: boolean; createSchema: boolean }): PgBoss {
  const { options } = connectionOptions(databaseUrl, '');
  const boss = new PgBoss({
    connectionString: databaseUrl,
    application_name: 'sfmc-tracking queue',
    // What the queue would forget when Postgres itself crashes, the ledger knows: an entry is sent again, a
    // delivery that nobody works on comes back. So its commits need not wait for the disk.
    options: `${options ?? ''} -c synchronous_commit=off`,
    // Each call is one short statement.
    max: 4,
    useListenNotify: !install.migrate,
    schedule: false,
    supervise: !install.migrate,
    ...install,
  });
  // pg-boss reports a lost connection here and tries again at its next poll.
  boss.on('error', () => undefined);
  return boss;
}

/** The queue of extract tasks on the same Postgres, shared by every process. */
export class TaskQueue {
  readonly #boss: PgBoss;
  readonly #workerIds: string[] = [];

  private constructor(boss: PgBoss) {
    this.#boss = boss;
  }

  static async start(databaseUrl: string): Promise<TaskQueue> {
    const boss = createBoss(databaseUrl, { migrate: false, createSchema: false });
    await boss.start();
    return new TaskQueue(boss);
  }

  /** Sends tasks within the caller's transaction; one that is queued or worked on already is left alone. */
  async enqueue(tx: Queryable, tasks: readonly QueuedTask[]): Promise<void> {
    if (tasks.length === 0) return;
    const entries = tasks.map(({ taskId, accountId }) => ({
      data: { taskId, accountId },
      singletonKey: String(taskId),
      group: { id: String(accountId) },
    }));
    const db = { executeSql: (text: string, values?: unknown[]) => tx.query(text, values) };
    await this.#boss.insert(queueName, entries, { db, returnId: false });
  }

  /** Hands deliveries to `work` until `stopWorking`; never the same task to two at once. */
  async startWorking(options: WorkingOptions, work: (delivery: Delivery) => Promise<void>): Promise<void> {
    for (let worker = 0; worker < options.concurrency; worker += 1) {
      const taker = { id: '' };
      taker.id = await this.#boss.work<QueuedTask>(
        queueName,
        {
          // A hint over all processes, so that a busy account leaves room for the others; the bound is the slots.
          groupConcurrency: options.concurrencyPerAccount,
          pollingIntervalSeconds: 1,
          // Deliveries also come back without a notification: from dead owners.
          notifyPollingIntervalSeconds: 2,
        },
        async ([job]) => {
          if (job === undefined) return;
          await work({ ...job.data, queueJobId: job.id });
          // pg-boss wakes workers by their own id, one at a time: without this, each pauses after a task
          // until its next poll. Hence one `work` for each, too: several under one id have the first's.
          this.#boss.notifyWorker(taker.id);
        },
      );
      this.#workerIds.push(taker.id);
    }
  }

  /** Takes no more deliveries and waits for those in hand. */
  async stopWorking(): Promise<void> {
    const ids = this.#workerIds.splice(0);
    await Promise.all(ids.map((id) => this.#boss.offWork(queueName, { id, wait: true })));
  }

  /** Puts deliveries of dead owners back into the queue, to be taken at once. */
  async redeliver(queueJobIds: readonly string[]): Promise<void> {
    if (queueJobIds.length === 0) return;
    await this.#boss.fail(queueName, [...queueJobIds], { reason: 'owner died' });
    this.wake();
  }

  /** Asks for work now instead of at the next poll. */
  wake(): void {
    for (const id of this.#workerIds) this.#boss.notifyWorker(id);
  }

  async stop(): Promise<void> {
    await this.stopWorking();
    await this.#boss.stop({ graceful: false, timeout: 1000 });
  }
}

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
