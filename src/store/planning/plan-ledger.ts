import type { Queryable } from '../connection/pool.ts';
import type { TailRung, TaskOrigin, TaskScope, Window } from '../ledger/task-ledger.ts';
import type { TaskQueue } from '../queue/task-queue.ts';
import { enter } from './enter-roots.ts';

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

/** A window of the tail, and the parts of it that become tasks. */
export interface PlannedTail {
  readonly accountId: number;
  readonly eventType: string;
  readonly rung: TailRung;
  readonly belowJobId: number | null;
  readonly scope: TaskScope;
  readonly parts: readonly TaskScope[];
}

/** Enters windows of the tail in the same way. A type of which another planner has a window open is left out. */
export async function enterTails(
  tx: Queryable,
  queue: TaskQueue,
  runId: number,
  tails: readonly PlannedTail[],
): Promise<number> {
  const kind = { kind: 'tail' as const, origin: 'sync' as const, isFullRead: false, jobId: null };
  return enter(
    tx,
    queue,
    runId,
    tails.map((tail) => ({ ...kind, ...tail })),
  );
}

/** Enters one request for arrivals of each of these event types. */
export async function enterArrivals(
  tx: Queryable,
  queue: TaskQueue,
  runId: number,
  { accountId, eventTypes }: { readonly accountId: number; readonly eventTypes: readonly string[] },
): Promise<number> {
  const scope = { window: null, jobIds: null };
  const kind = { kind: 'arrivals' as const, origin: 'sync' as const, isFullRead: false, jobId: null };
  return enter(
    tx,
    queue,
    runId,
    eventTypes.map((eventType) => ({ ...kind, accountId, eventType, scope, parts: [scope] })),
  );
}

function scopeOf(window: Window): TaskScope {
  return { window, jobIds: null };
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
