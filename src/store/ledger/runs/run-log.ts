import type { Queryable } from '../../connection/pool.ts';
import type { LedgerKind, TaskOrigin } from '../task-ledger.ts';

export type RunKind = 'sync' | 'backfill' | 'import';
export type RunOutcome =
  'completed' | 'completed_with_problems' | 'halted' | 'source_unavailable' | 'interrupted';

export interface RunRequest {
  kind: RunKind;
  /** The tick it serves; undefined when a person started it. */
  scheduledAt?: Date | undefined;
  range?: { from: Date; to: Date } | undefined;
  accountIds: readonly number[];
  eventTypes: readonly string[];
  jobIds?: readonly number[] | undefined;
  /** The run that it continues, of a backfill. */
  continuesRunId?: number | undefined;
  processId: number;
}

/**
 * Opens a run; undefined when another process opened the run of that tick first. Repeated by the same process for the
 * same tick it returns the run that it opened.
 */
export async function openRun(
  database: Queryable,
  request: RunRequest,
): Promise<{ runId: number; startedAt: Date } | undefined> {
  const { rows } = await database.query<{ run_id: number; started_at: Date }>(
    `insert into pipeline.runs (kind, scheduled_at, range_from, range_to, account_ids, event_types, job_ids, process_id,
                                continues_run_id)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     on conflict (kind, scheduled_at) where scheduled_at is not null
     do update set process_id = excluded.process_id
     where runs.process_id = excluded.process_id and runs.state <> 'finished'
     returning run_id, started_at`,
    [
      request.kind,
      request.scheduledAt ?? null,
      request.range?.from ?? null,
      request.range?.to ?? null,
      request.accountIds,
      request.eventTypes,
      request.jobIds ?? null,
      request.processId,
      request.continuesRunId ?? null,
    ],
  );
  const row = rows[0];
  return row === undefined ? undefined : { runId: row.run_id, startedAt: row.started_at };
}

export interface RecordCounts {
  records: number;
  /** Rows that were not there before. */
  inserted: number;
  rejected: number;
}

export interface RunCounts {
  tasks: { done: number; parked: number };
  /** By event type. */
  events: Record<string, RecordCounts>;
  /** By dimension. */
  dimensions: Record<string, RecordCounts>;
  requests: number;
}

interface CountRow extends RecordCounts {
  /** Absent in what versions without tasks for dimensions noted. */
  kind?: LedgerKind;
  event_type: string;
  requests: number;
}

/** What a run has done so far, over all processes. */
export async function readRunCounts(
  database: Queryable,
  runId: number,
  eventTypes: readonly string[],
): Promise<RunCounts> {
  const { rows: runs } = await database.query<{ counts_before: CountRow[] }>(
    'select counts_before from pipeline.runs where run_id = $1',
    [runId],
  );
  const { rows: tasks } = await database.query<CountRow & { done: number; parked: number }>(
    `select kind, event_type,
            count(*) filter (where state = 'done') as done, count(*) filter (where state = 'parked') as parked,
            sum(records)::bigint as records, sum(inserted)::bigint as inserted,
            sum(rejected)::bigint as rejected, sum(requests)::bigint as requests
     from pipeline.extract_tasks where run_id = $1 group by kind, event_type`,
    [runId],
  );
  const counts: RunCounts = { tasks: { done: 0, parked: 0 }, events: {}, dimensions: {}, requests: 0 };
  for (const name of eventTypes) counts.events[name] = { records: 0, inserted: 0, rejected: 0 };
  for (const row of tasks) {
    add(counts, row, 1);
    counts.tasks.done += row.done;
    counts.tasks.parked += row.parked;
  }
  for (const row of runs[0]?.counts_before ?? []) add(counts, row, -1);
  return counts;
}

function add(counts: RunCounts, row: CountRow, sign: 1 | -1): void {
  const byName = row.kind === 'dimension' ? counts.dimensions : counts.events;
  const sums = (byName[row.event_type] ??= { records: 0, inserted: 0, rejected: 0 });
  sums.records += sign * row.records;
  sums.inserted += sign * row.inserted;
  sums.rejected += sign * row.rejected;
  counts.requests += sign * row.requests;
}

/** Ends a run; its counts stay as they are now, whatever later runs make of its tasks. */
export async function closeRun(
  database: Queryable,
  runId: number,
  outcome: RunOutcome,
  counts: RunCounts,
): Promise<void> {
  await database.query(
    `update pipeline.runs set state = 'finished', outcome = $2, counts = $3, finished_at = now() where run_id = $1`,
    [runId, outcome, JSON.stringify(counts)],
  );
}

export interface WaitScope {
  runId: number;
  accountIds: readonly number[];
  eventTypes: readonly string[];
  jobIds?: readonly number[] | undefined;
  origins: readonly TaskOrigin[];
}

/**
 * Whether a run still has tasks to wait for: its own, and open ones of other runs within the same scope. Tasks of an
 * account whose credentials were refused are not executed, so they are not waited for.
 */
export async function hasOpenTasks(database: Queryable, scope: WaitScope): Promise<boolean> {
  // In the order of extract_tasks_unsettled: it stops at the first one found, however many are open.
  const { rows } = await database.query<{ is_open: boolean }>({
    // Named, because it is repeated: each connection parses it once.
    name: 'has-open-tasks',
    text: `select exists (
       select from unnest($2::bigint[]) as account (id), lateral (
         select from pipeline.extract_tasks
         where account_id = account.id and settled_at is null and state <> 'split'
           and event_type = any($3) and ($4::bigint[] is null or job_id = any($4))
           and (run_id = $1 or origin = any($5))
         order by job_id, event_type limit 1) as open
       where not exists (
         select from pipeline.accounts where account_id = account.id and state = 'refused')) as is_open`,
    values: [scope.runId, scope.accountIds, scope.eventTypes, scope.jobIds ?? null, scope.origins],
  });
  return rows[0]?.is_open === true;
}
