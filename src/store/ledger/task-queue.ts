import { PgBoss } from 'pg-boss';
import { connectionOptions, type Queryable } from '../pool.ts';

export const queueName = 'extract-task';

/** Postgres tells on this channel, at the commit, that tasks were sent. */
export const tasksChannel = 'sfmc_tracking_tasks';

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

/** Which deliveries a fetch may bring. */
export interface FetchLimits {
  readonly deliveriesMax: number;
  /** None of these accounts. */
  readonly exceptAccounts?: readonly number[];
}

/** Installs or updates pg-boss's own schema and the queue. Part of `migrate`. */
export async function installTaskQueue(databaseUrl: string): Promise<void> {
  const boss = createBoss(databaseUrl, { migrate: true, createSchema: true });
  await boss.start();
  try {
    const settings = {
      notify: false,
      expireInSeconds: expireSeconds,
      retryLimit: deliveriesMax,
      retryDelay: 0,
      deleteAfterSeconds: keepFinishedSeconds,
    };
    if ((await boss.getQueue(queueName)) === null)
      await boss.createQueue(queueName, { policy: 'exclusive', ...settings });
    else await boss.updateQueue(queueName, settings);
  } finally {
    await boss.stop({ graceful: false });
  }
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
    max: 2,
    schedule: false,
    supervise: !install.migrate,
    ...install,
  });
  // pg-boss reports here what its maintenance met; it tries again by itself.
  boss.on('error', () => undefined);
  return boss;
}

/**
 * The queue of extract tasks on the same Postgres, shared by every process.
 *
 * Deliveries are fetched and completed many at a time: by pg-boss's own workers, one statement each for
 * every task, a night of small tasks would be the queue's more than ours.
 */
export class TaskQueue {
  readonly #boss: PgBoss;

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
    await tx.query('select pg_notify($1, $2)', [tasksChannel, '']);
  }

  /** Takes up to so many deliveries, the oldest first; nobody else is handed them until they are given back. */
  async fetch({ deliveriesMax, exceptAccounts = [] }: FetchLimits): Promise<Delivery[]> {
    const jobs = await this.#boss.fetch<QueuedTask>(queueName, {
      batchSize: deliveriesMax,
      ignoreGroups: exceptAccounts.map(String),
    });
    return jobs.map(({ id, data }) => ({ ...data, queueJobId: id }));
  }

  /** Takes deliveries out of the queue: what the ledger says of their tasks is all there is to say. */
  async complete(queueJobIds: readonly string[]): Promise<void> {
    if (queueJobIds.length > 0) await this.#boss.complete(queueName, [...queueJobIds]);
  }

  /** Puts deliveries back into the queue, to be handed out at once. */
  async redeliver(queueJobIds: readonly string[], reason: string): Promise<void> {
    if (queueJobIds.length === 0) return;
    await this.#boss.fail(queueName, [...queueJobIds], { reason });
  }

  async stop(): Promise<void> {
    await this.#boss.stop({ graceful: false, timeout: 1000 });
  }
}
