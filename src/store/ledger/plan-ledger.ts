import type { Queryable } from '../pool.ts';
import type { TaskOrigin, Window } from './task-ledger.ts';
import type { QueuedTask, TaskQueue } from './task-queue.ts';

/** A window for the ledger and the parts of it that are tasks; it is a task itself where they are one. */
export interface PlannedWindow {
  readonly accountId: number;
  readonly jobId: number;
  readonly eventType: string;
  readonly origin: TaskOrigin;
  readonly window: Window;
  readonly parts: readonly Window[];
  readonly isWhole: boolean;
}

/**
 * Enters planned windows and queues their tasks, in the caller's transaction. A window that another
 * planner entered first is left out. Answers how many tasks were planned.
 */
export async function enterPlan(
  tx: Queryable,
  queue: TaskQueue,
  runId: number,
  windows: readonly PlannedWindow[],
): Promise<number> {
  if (windows.length === 0) return 0;
  const entered = await enterRoots(tx, runId, windows);
  const tasks: QueuedTask[] = [];
  const parts: { root: number; window: Window; of: PlannedWindow }[] = [];
  for (const { id, of } of entered) {
    if (isOneTask(of)) tasks.push({ taskId: id, accountId: of.accountId });
    else parts.push(...of.parts.map((window) => ({ root: id, window, of })));
  }
  tasks.push(...(await enterParts(tx, runId, parts)));
  await queue.enqueue(tx, tasks);
  return tasks.length;
}

function isOneTask({ parts, window }: PlannedWindow): boolean {
  const [only, second] = parts;
  return (
    second === undefined &&
    only?.from.getTime() === window.from.getTime() &&
    only.to.getTime() === window.to.getTime()
  );
}

async function enterRoots(tx: Queryable, runId: number, windows: readonly PlannedWindow[]) {
  const { rows } = await tx.query<{ id: number; ordinal: number }>(
    `with planned as (
       select nextval(pg_get_serial_sequence('pipeline.extract_tasks', 'id')) as id, part.*
       from unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[],
                   $8::text[], $9::boolean[])
         with ordinality as part (account_id, job_id, event_type, origin, window_from, window_to,
                                  state, is_whole, ordinal)),
     entered as (
       insert into pipeline.extract_tasks
         (id, root_id, run_id, account_id, job_id, event_type, origin, window_from, window_to, state, is_whole)
       overriding system value
       select id, id, $1, account_id, job_id, event_type, origin, window_from, window_to, state, is_whole
       from planned
       on conflict do nothing
       returning id)
     select id, ordinal from entered join planned using (id) order by ordinal`,
    [
      runId,
      windows.map(({ accountId }) => accountId),
      windows.map(({ jobId }) => jobId),
      windows.map(({ eventType }) => eventType),
      windows.map(({ origin }) => origin),
      windows.map(({ window }) => window.from),
      windows.map(({ window }) => window.to),
      windows.map((window) => (isOneTask(window) ? 'planned' : 'split')),
      windows.map(({ isWhole }) => isWhole),
    ],
  );
  return rows.flatMap(({ id, ordinal }) => {
    const of = windows[ordinal - 1];
    return of === undefined ? [] : [{ id, of }];
  });
}

async function enterParts(
  tx: Queryable,
  runId: number,
  parts: readonly { root: number; window: Window; of: PlannedWindow }[],
): Promise<QueuedTask[]> {
  if (parts.length === 0) return [];
  const { rows } = await tx.query<{ id: number; account_id: number }>(
    `insert into pipeline.extract_tasks
       (root_id, parent_id, run_id, account_id, job_id, event_type, origin, window_from, window_to)
     select root_id, root_id, $1, account_id, job_id, event_type, origin, window_from, window_to
     from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::timestamptz[], $8::timestamptz[])
       as part (root_id, account_id, job_id, event_type, origin, window_from, window_to)
     returning id, account_id`,
    [
      runId,
      parts.map(({ root }) => root),
      parts.map(({ of }) => of.accountId),
      parts.map(({ of }) => of.jobId),
      parts.map(({ of }) => of.eventType),
      parts.map(({ of }) => of.origin),
      parts.map(({ window }) => window.from),
      parts.map(({ window }) => window.to),
    ],
  );
  return rows.map((row) => ({ taskId: row.id, accountId: row.account_id }));
}

export interface AdoptionScope {
  accountId: number;
  eventTypes: readonly string[];
  jobIds?: readonly number[] | undefined;
  /** Only the tasks of this earlier run; undefined: those of every run that is over. */
  fromRun?: number | undefined;
  origins: readonly TaskOrigin[];
}

/**
 * Takes open tasks of runs that are over into this run and queues them (again). Parked ones of sync are
 * tried once more. Tasks of a run that is still going stay with it.
 */
export async function adoptOpenTasks(
  tx: Queryable,
  queue: TaskQueue,
  runId: number,
  scope: AdoptionScope,
): Promise<number> {
  const { rows } = await tx.query<{ id: number; account_id: number; state: string }>(
    `update pipeline.extract_tasks as task
     set run_id = $1, updated_at = now(),
         attempts = case when state = 'parked' then 0 else attempts end,
         restarts = case when state = 'parked' then 0 else restarts end,
         settled_at = case when state = 'parked' then null else settled_at end,
         finished_at = case when state = 'parked' then null else finished_at end,
         state = case when state = 'parked' then 'planned' else state end
     where account_id = $2 and event_type = any($3) and origin = any($4)
       and ($5::bigint[] is null or job_id = any($5))
       and ($6::bigint is null or run_id = $6)
       and (settled_at is null or (state = 'parked' and origin <> 'backfill'))
       and not exists (select from pipeline.runs as run
                       where run.run_id = task.run_id and run.state = 'running' and run.run_id <> $1)
     returning id, account_id, state`,
    [runId, scope.accountId, scope.eventTypes, scope.origins, scope.jobIds ?? null, scope.fromRun ?? null],
  );
  const waiting = rows.filter(({ state }) => state === 'planned' || state === 'interrupted');
  await queue.enqueue(
    tx,
    waiting.map((row) => ({ taskId: row.id, accountId: row.account_id })),
  );
  return waiting.length;
}

/** Writes the states a plan decided on: open, complete or closed. */
export async function writeCheckpointStates(
  tx: Queryable,
  accountId: number,
  states: readonly { jobId: number; eventType: string; state: string }[],
): Promise<void> {
  if (states.length === 0) return;
  await tx.query(
    `update pipeline.checkpoints as known
     set state = planned.state, updated_at = now()
     from unnest($2::bigint[], $3::text[], $4::text[]) as planned (job_id, event_type, state)
     where known.account_id = $1 and known.job_id = planned.job_id and known.event_type = planned.event_type`,
    [
      accountId,
      states.map(({ jobId }) => jobId),
      states.map(({ eventType }) => eventType),
      states.map(({ state }) => state),
    ],
  );
}
