import type { Queryable } from '../connection/pool.ts';
import {
  scopeArrays,
  type TaskKind,
  type TaskOrigin,
  type TaskScope,
  type Window,
} from '../ledger/task-ledger.ts';
import type { QueuedTask, TaskQueue } from '../queue/task-queue.ts';

/** A window of a job's events, and the parts of it that become tasks; one part alone is the window itself. */
export interface PlannedWindow {
  readonly accountId: number;
  readonly jobId: number;
  readonly eventType: string;
  readonly origin: TaskOrigin;
  readonly window: Window;
  readonly parts: readonly Window[];
  /** The window begins where the job begins. */
  readonly isFullRead: boolean;
}

/** A reading of a dimension, and the parts of it that become tasks. */
export interface PlannedReading {
  readonly accountId: number;
  readonly dimension: string;
  readonly scope: TaskScope;
  readonly parts: readonly TaskScope[];
}

/**
 * Enters planned windows of events and queues their tasks, in the caller's transaction. A window that another
 * planner entered first is left out. Returns the number of tasks planned.
 */
export async function enterPlan(
  tx: Queryable,
  queue: TaskQueue,
  runId: number,
  windows: readonly PlannedWindow[],
): Promise<number> {
  const roots = windows.map(({ window, parts, ...rest }) => ({
    ...rest,
    kind: 'events' as const,
    scope: scopeOf(window),
    parts: parts.map(scopeOf),
  }));
  return enter(tx, queue, runId, roots);
}

/**
 * Enters readings of dimensions in the same way. A dimension that another planner has an open reading of is left out:
 * its reading serves this run as well.
 */
export async function enterReadings(
  tx: Queryable,
  queue: TaskQueue,
  runId: number,
  readings: readonly PlannedReading[],
): Promise<number> {
  const roots = readings.map(({ accountId, dimension, scope, parts }) => ({
    ...{ kind: 'dimension' as const, origin: 'sync' as const, isFullRead: false },
    ...{ accountId, jobId: null, eventType: dimension, scope, parts },
  }));
  return enter(tx, queue, runId, roots);
}

function scopeOf(window: Window): TaskScope {
  return { window, jobIds: null };
}

interface PlannedRoot {
  readonly kind: TaskKind;
  readonly accountId: number;
  readonly jobId: number | null;
  readonly eventType: string;
  readonly origin: TaskOrigin;
  readonly scope: TaskScope;
  readonly parts: readonly TaskScope[];
  readonly isFullRead: boolean;
}

async function enter(
  tx: Queryable,
  queue: TaskQueue,
  runId: number,
  roots: readonly PlannedRoot[],
): Promise<number> {
  if (roots.length === 0) return 0;
  const entered = await enterRoots(tx, runId, roots);
  const tasks: QueuedTask[] = [];
  const parts: PlannedPart[] = [];
  for (const { id, root } of entered) {
    if (isOneTask(root)) tasks.push({ taskId: id, accountId: root.accountId });
    else parts.push(...root.parts.map((scope) => ({ rootId: id, scope })));
  }
  tasks.push(...(await enterParts(tx, parts)));
  await queue.enqueue(tx, tasks);
  return tasks.length;
}

function isOneTask({ parts, scope }: PlannedRoot): boolean {
  const [only, second] = parts;
  if (only === undefined || second !== undefined) return false;
  return (
    only.window?.from.getTime() === scope.window?.from.getTime() &&
    only.window?.to.getTime() === scope.window?.to.getTime() &&
    only.jobIds?.length === scope.jobIds?.length
  );
}

async function enterRoots(
  tx: Queryable,
  runId: number,
  roots: readonly PlannedRoot[],
): Promise<{ id: number; root: PlannedRoot }[]> {
  const { rows } = await tx.query<{ id: number; ordinal: number }>(
    `with planned as (
       select nextval(pg_get_serial_sequence('pipeline.extract_tasks', 'id')) as id, root.*
       from unnest($2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::timestamptz[],
                   $8::timestamptz[], $9::text[], $10::text[], $11::boolean[])
         with ordinality as root (kind, account_id, job_id, event_type, origin, window_from, window_to,
                                  job_ids, state, is_full_read, ordinal)),
     entered as (
       insert into pipeline.extract_tasks
         (id, root_id, run_id, kind, account_id, job_id, event_type, origin, window_from, window_to, job_ids, state,
          is_full_read)
       overriding system value
       select id, id, $1, kind, account_id, job_id, event_type, origin, window_from, window_to, job_ids::bigint[], state,
              is_full_read
       from planned
       on conflict do nothing
       returning id)
     select id, ordinal from entered join planned using (id) order by ordinal`,
    [
      runId,
      roots.map(({ kind }) => kind),
      roots.map(({ accountId }) => accountId),
      roots.map(({ jobId }) => jobId),
      roots.map(({ eventType }) => eventType),
      roots.map(({ origin }) => origin),
      ...scopeArrays(roots.map(({ scope }) => scope)),
      roots.map((root) => (isOneTask(root) ? 'planned' : 'split')),
      roots.map(({ isFullRead }) => isFullRead),
    ],
  );
  return rows.flatMap(({ id, ordinal }) => {
    const root = roots[ordinal - 1];
    return root === undefined ? [] : [{ id, root }];
  });
}

interface PlannedPart {
  readonly rootId: number;
  readonly scope: TaskScope;
}

async function enterParts(tx: Queryable, parts: readonly PlannedPart[]): Promise<QueuedTask[]> {
  if (parts.length === 0) return [];
  const { rows } = await tx.query<QueuedTask>(
    `insert into pipeline.extract_tasks
       (root_id, parent_id, run_id, kind, account_id, job_id, event_type, origin, window_from, window_to, job_ids)
     select root.id, root.id, root.run_id, root.kind, root.account_id, root.job_id, root.event_type, root.origin,
            part.window_from, part.window_to, part.job_ids::bigint[]
     from unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[], $4::text[]) with ordinality
            as part (root_id, window_from, window_to, job_ids, ordinal)
     join pipeline.extract_tasks as root on root.id = part.root_id
     order by part.ordinal
     returning id as "taskId", account_id as "accountId"`,
    [parts.map(({ rootId }) => rootId), ...scopeArrays(parts.map(({ scope }) => scope))],
  );
  return rows;
}

/** Writes the states that a plan decided on: open, complete or closed. */
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
