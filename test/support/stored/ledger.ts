import type pg from 'pg';
import type { OwnedTask, TaskOrigin } from '../../../src/store/ledger/task-ledger.ts';
import type { PageToCommit } from '../../../src/store/load/page-to-commit.ts';
import { TaskQueue } from '../../../src/store/queue/task-queue.ts';
import { dayMs } from '../clock.ts';
import { createTestDatabase } from '../postgres/database.ts';
import { createTestPool } from '../postgres/test-pool.ts';

export interface Store {
  readonly url: string;
  readonly pool: pg.Pool;
  close(): Promise<void>;
}

/** A migrated database of one's own, and connections to it. */
export async function openStore(connectionsMax = 4): Promise<Store> {
  const database = await createTestDatabase();
  const pool = createTestPool(database.url, connectionsMax);
  return {
    url: database.url,
    pool,
    close: async () => {
      await pool.end();
      await database.drop();
    },
  };
}

export interface QueueStore extends Store {
  readonly queue: TaskQueue;
  /** Leaves no task, run, job, account or entry of the queue. */
  clear(): Promise<void>;
}

/** The same, with the queue of its tasks. */
export async function openQueueStore(): Promise<QueueStore> {
  const store = await openStore();
  const queue = await TaskQueue.start(store.url);
  return {
    ...store,
    queue,
    async clear() {
      await emptyLedger(store.pool);
      await store.pool.query('delete from sfmc_tracking_queue.job; delete from pipeline.accounts');
    },
    async close() {
      await queue.stop();
      await store.close();
    },
  };
}

/** That many days after a day on which nothing else happens. */
export function day(days: number): Date {
  return new Date(Date.UTC(2026, 5, 1) + days * dayMs);
}

export interface PlantedTask {
  readonly accountId?: number;
  readonly jobId?: number;
  readonly eventType?: string;
  /** Makes it a task of this dimension, instead of events of a job. */
  readonly dimension?: string;
  /** Makes it a task without a window, for these jobs or whole. */
  readonly jobIds?: readonly number[] | null;
  readonly origin?: TaskOrigin;
  readonly state?: string;
  readonly from?: Date;
  readonly to?: Date;
  readonly runId?: number;
  /** The task this one is a part of; otherwise it is planned on its own. */
  readonly rootId?: number;
  readonly processId?: number;
  readonly isFullRead?: boolean;
}

/** Writes a row of the ledger as a plan or a split would; states that end a task settle it. */
export async function plantTask(pool: pg.Pool, task: PlantedTask = {}): Promise<number> {
  const state = task.state ?? 'planned';
  const isSettled = ['done', 'parked', 'accepted'].includes(state);
  const { rows } = await pool.query<{ id: number }>(
    `with numbered as (select nextval(pg_get_serial_sequence('pipeline.extract_tasks', 'id')) as id)
     insert into pipeline.extract_tasks
       (id, root_id, parent_id, run_id, origin, account_id, job_id, event_type, window_from, window_to, state,
        process_id, is_full_read, settled_at, parked_at, kind, job_ids)
     overriding system value
     select id, coalesce($1::bigint, id), $1::bigint, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,
            case when $12 then now() end, case when $9 = 'parked' then now() end, $13, $14
     from numbered returning id`,
    [
      ...[task.rootId ?? null, task.runId ?? null, task.origin ?? 'sync', task.accountId ?? 1],
      task.dimension === undefined ? (task.jobId ?? 42) : null,
      ...[task.dimension ?? task.eventType ?? 'open', ...windowOf(task), state],
      ...[task.processId ?? null, task.isFullRead ?? false, isSettled],
      task.dimension === undefined ? 'events' : 'dimension',
      task.jobIds ?? null,
    ],
  );
  return rows[0]?.id ?? 0;
}

/** A planted task as the process that took it knows it. */
function ownedTask(task: Partial<OwnedTask> & { readonly taskId: number }): OwnedTask {
  return {
    ...{
      kind: 'events',
      jobIds: null,
      rootId: task.taskId,
      accountId: 1,
      jobId: 42,
      eventType: 'open',
      origin: 'sync',
      runId: null,
    },
    ...{ window: { from: day(1), to: day(2) }, fence: 0, attempts: 0, restarts: 0, requestId: null },
    ...{
      failsSeconds: null,
      mustRunAlone: false,
      wasInterrupted: false,
      ...{ requestsBefore: 0, pagesBefore: 0, recordsBefore: 0 },
      isInsertOnly: false,
      ...{ mergesFiles: false, privacyVersion: 0 },
    },
    ...task,
  };
}

/** A page in the middle of a window, unless it says otherwise. */
export function pageInTask(
  page: Pick<PageToCommit, 'definition' | 'columns'> & Partial<Omit<PageToCommit, 'task'>>,
  task: Partial<OwnedTask> & { readonly taskId: number },
): PageToCommit {
  const { accountId } = page.columns;
  return {
    ...{ rejected: [], requestId: 'request-1', requestCount: 1, finish: 'nothing', mergesFiles: false },
    ...{ privacyVersion: 0, keptOut: 0 },
    ...{ ...page, task: ownedTask({ eventType: page.definition.name, accountId: accountId ?? 1, ...task }) },
  };
}

function windowOf({ jobIds, from = day(1), to = day(2) }: PlantedTask): (Date | null)[] {
  return jobIds === undefined ? [from, to] : [null, null];
}

/** One row of the ledger. */
export async function taskRow(pool: pg.Pool, taskId: number): Promise<Record<string, unknown>> {
  const { rows } = await pool.query<Record<string, unknown>>(
    'select * from pipeline.extract_tasks where id = $1',
    [taskId],
  );
  return rows[0] ?? {};
}

export async function emptyLedger(pool: pg.Pool): Promise<void> {
  await pool.query(
    `truncate pipeline.extract_tasks, pipeline.checkpoints, pipeline.runs, pipeline.processes, tracking.jobs,
       pipeline.dimension_readings, tracking.job_counter_days`,
  );
}
