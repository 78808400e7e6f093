import type { Queryable } from '../connection/pool.ts';
import {
  scopeArrays,
  type TailRung,
  type TaskKind,
  type TaskOrigin,
  type TaskScope,
} from '../ledger/task-ledger.ts';
import type { QueuedTask, TaskQueue } from '../queue/task-queue.ts';

/** What was planned as one, and the parts of it that become tasks. */
export interface PlannedRoot {
  readonly kind: TaskKind;
  readonly accountId: number;
  readonly jobId: number | null;
  readonly eventType: string;
  readonly origin: TaskOrigin;
  readonly scope: TaskScope;
  readonly parts: readonly TaskScope[];
  readonly isFullRead: boolean;
  /** Of the tail. */
  readonly rung?: TailRung;
  readonly belowJobId?: number | null;
}

/** Enters what is planned and queues its tasks; what has an open window already is left out. */
export async function enter(
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
    only.jobIds?.length === scope.jobIds?.length &&
    only.definitionId === scope.definitionId
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
                   $8::timestamptz[], $9::text[], $10::uuid[], $11::text[], $12::boolean[], $13::smallint[],
                   $14::bigint[])
         with ordinality as root (kind, account_id, job_id, event_type, origin, window_from, window_to,
                                  job_ids, definition_id, state, is_full_read, rung, below_job_id, ordinal)),
     entered as (
       insert into pipeline.extract_tasks
         (id, root_id, run_id, kind, account_id, job_id, event_type, origin, window_from, window_to, job_ids,
          definition_id, state, is_full_read, rung, below_job_id)
       overriding system value
       select id, id, $1, kind, account_id, job_id, event_type, origin, window_from, window_to, job_ids::bigint[],
              definition_id, state, is_full_read, rung, below_job_id
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
      roots.map(({ rung }) => rung ?? null),
      roots.map(({ belowJobId }) => belowJobId ?? null),
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
       (root_id, parent_id, run_id, kind, account_id, job_id, event_type, origin, rung, below_job_id, window_from,
        window_to, job_ids, definition_id)
     select root.id, root.id, root.run_id, root.kind, root.account_id, root.job_id, root.event_type, root.origin,
            root.rung, root.below_job_id, part.window_from, part.window_to, part.job_ids::bigint[], part.definition_id
     from unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[], $4::text[], $5::uuid[]) with ordinality
            as part (root_id, window_from, window_to, job_ids, definition_id, ordinal)
     join pipeline.extract_tasks as root on root.id = part.root_id
     order by part.ordinal
     returning id as "taskId", account_id as "accountId"`,
    [parts.map(({ rootId }) => rootId), ...scopeArrays(parts.map(({ scope }) => scope))],
  );
  return rows;
}
