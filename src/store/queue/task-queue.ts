import type { Queryable } from '../connection/pool.ts';
import { openBoss, type OpenBoss } from './open-boss.ts';
import type { TaskOrigin } from '../ledger/task-ledger.ts';

export const queueName = 'extract-task';

/** Postgres notifies this channel when a transaction that sent tasks commits. */
export const tasksChannel = 'sfmc_tracking_tasks';

/** Tasks of a sync go first, then what is read again, then backfills: a larger number first. */
const priorities = { sync: 2, full_reread: 1, tail_check: 1, backfill: 0 } as const satisfies Record<
  TaskOrigin,
  number
>;

/** What a queue entry contains. */
export interface QueuedTask {
  taskId: number;
  accountId: number;
}

export interface Delivery extends QueuedTask {
  queueJobId: string;
}

/** Which deliveries a fetch may return. */
export interface FetchLimits {
  readonly deliveriesMax: number;
  /** None of these accounts. */
  readonly exceptAccounts?: readonly number[];
  /** Tasks of a sync only. */
  readonly isUrgentOnly?: boolean;
}

/**
 * The queue of extract tasks, in the same Postgres and shared by all processes.
 *
 * Deliveries are fetched and completed in groups: with one statement for each task, as in pg-boss's own
 * workers, the queue would take longer than small tasks themselves.
 */
export class TaskQueue {
  readonly #boss: OpenBoss['boss'];
  readonly #close: OpenBoss['close'];

  private constructor({ boss, close }: OpenBoss) {
    this.#boss = boss;
    this.#close = close;
  }

  static async start(databaseUrl: string): Promise<TaskQueue> {
    return new TaskQueue(await openBoss(databaseUrl, { mayInstall: false }));
  }

  /** Sends tasks in the caller's transaction; a task that is queued or active already is left alone. */
  async enqueue(tx: Queryable, tasks: readonly QueuedTask[]): Promise<void> {
    if (tasks.length === 0) return;
    const { rows } = await tx.query<{ id: number; origin: TaskOrigin }>(
      'select id, origin from pipeline.extract_tasks where id = any($1)',
      [tasks.map(({ taskId }) => taskId)],
    );
    const origins = new Map(rows.map(({ id, origin }) => [id, origin]));
    const entries = tasks.map(({ taskId, accountId }) => ({
      data: { taskId, accountId },
      priority: priorities[origins.get(taskId) ?? 'sync'],
      singletonKey: String(taskId),
      group: { id: String(accountId) },
    }));
    const db = { executeSql: (text: string, values?: unknown[]) => tx.query(text, values) };
    await this.#boss.insert(queueName, entries, { db, returnId: false });
    await tx.query('select pg_notify($1, $2)', [tasksChannel, '']);
  }

  /**
   * Fetches up to `deliveriesMax` deliveries, those of a sync first, then the oldest; no other process gets them until
   * they are returned.
   */
  async fetch({
    deliveriesMax,
    exceptAccounts = [],
    isUrgentOnly = false,
  }: FetchLimits): Promise<Delivery[]> {
    const jobs = await this.#boss.fetch<QueuedTask>(queueName, {
      batchSize: deliveriesMax,
      ignoreGroups: exceptAccounts.map(String),
      ...(isUrgentOnly ? { minPriority: priorities.sync } : {}),
    });
    return jobs.map(({ id, data }) => ({ ...data, queueJobId: id }));
  }

  /** Ends deliveries; the ledger has the results of their tasks. */
  async complete(queueJobIds: readonly string[]): Promise<void> {
    if (queueJobIds.length > 0) await this.#boss.complete(queueName, [...queueJobIds]);
  }

  /** Returns deliveries to the queue, to be fetched again at once. */
  async redeliver(queueJobIds: readonly string[], reason: string): Promise<void> {
    if (queueJobIds.length === 0) return;
    await this.#boss.fail(queueName, [...queueJobIds], { reason });
  }

  async stop(): Promise<void> {
    await this.#close();
  }
}
