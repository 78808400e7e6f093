import { type Queryable, storeErrorFrom } from '../connection/pool.ts';

/**
 * What a task reads: events of one job, rows of a dimension, events of the tail by date, or events that arrived since
 * they were last requested.
 */
export type TaskKind = 'events' | 'dimension' | 'tail' | 'arrivals';

/** A kind in the ledger: besides, a file's events, which are in no queue because one machine alone has the file. */
export type LedgerKind = TaskKind | 'file';

export type TaskOrigin = 'sync' | 'backfill' | 'full_reread' | 'tail_check';

/**
 * Filters by which the tail is read, in the order of the ladder: jobs below a JobID and a date, a date alone, a list of
 * jobs and a date, a triggered send definition and a date.
 */
export type TailRung = 1 | 2 | 3 | 4;

/** A half-open span of event dates, `[from, to)`, in UTC. */
export interface Window {
  readonly from: Date;
  readonly to: Date;
}

/** Which of its objects a task reads: those of a window, those of some jobs, or all. */
export interface TaskScope {
  /** Never null for events. */
  readonly window: Window | null;
  /** Always null for events of one job; of the tail, the jobs of a list. */
  readonly jobIds: readonly number[] | null;
  /** Of the tail: the triggered send definition whose events are read. */
  readonly definitionId?: string | null;
}

/** A task as this process owns it: writes carry its fence. */
export interface OwnedTask extends TaskScope {
  readonly kind: TaskKind;
  readonly taskId: number;
  readonly rootId: number;
  readonly accountId: number;
  /** The job whose events are read; null for a dimension and for the tail. */
  readonly jobId: number | null;
  /** The event type, or the name of the dimension. */
  readonly eventType: string;
  readonly origin: TaskOrigin;
  /** Of the tail: by which filter it is read. */
  readonly rung?: TailRung | null;
  /** Of the tail: only jobs with a smaller JobID. */
  readonly belowJobId?: number | null;
  /** Of arrivals: they were never requested, so that the source has no mark yet. */
  readonly isFirstOfArrivals?: boolean;
  readonly runId: number | null;
  readonly fence: number;
  readonly attempts: number;
  readonly restarts: number;
  /** RequestID of the last committed page, if any. */
  readonly requestId: string | null;
  /** It was never taken before and begins where its job has been read to: none of its events are expected to be stored. */
  readonly isInsertOnly: boolean;
  /** The narrowest part of its window that timed out, in seconds, where it was parked for that. */
  readonly failsSeconds: number | null;
  /** Processes died with it, in a row, without progress: this one has to execute nothing else meanwhile. */
  readonly mustRunAlone: boolean;
  /** Files have brought events of its type: its pages take their places (`makeWay`). */
  readonly mergesFiles: boolean;
  /** Version of `pipeline.privacy` that its pages have to be read with. */
  readonly privacyVersion: number;
  /** It was released with no request outstanding: continuing by `requestId` is exact. */
  readonly wasInterrupted: boolean;
  /** What it had cost and brought when it was taken to be read anew; zero where it goes on. */
  readonly requestsBefore: number;
  readonly pagesBefore: number;
  readonly recordsBefore: number;
}

/** Whether a task goes before those of other origins, which give way to it. */
export function isUrgent({ origin }: Pick<OwnedTask, 'origin'>): boolean {
  return origin === 'sync';
}

/** A task that a process wants to take, with the delivery that named it. */
export interface TaskClaim {
  readonly taskId: number;
  readonly queueJobId: string;
}

/** After this many deaths of its owners in a row, without a page committed, a task is executed alone. */
const deathsBeforeAlone = 2;

type TakenRow = Omit<OwnedTask, 'window'> & { readonly from: Date | null; readonly to: Date | null };

/** Takes tasks for a process, by their ids. Left out are tasks that are settled, taken, or of a refused account. */
export async function takeTasks(
  database: Queryable,
  claims: readonly TaskClaim[],
  processId: number,
): Promise<Map<number, OwnedTask>> {
  const { rows } = await database
    .query<TakenRow>({
      name: 'take-tasks',
      text: takeTasksQuery,
      values: [...claimArrays(claims), processId],
    })
    .catch((error: unknown) => {
      throw storeErrorFrom(error);
    });
  return new Map(
    rows.map((task) => {
      const { taskId, from, to } = task;
      const window = from === null || to === null ? null : { from, to };
      // No copy: there are thousands of them in a night, of some thirty values each.
      return [taskId, Object.assign(task, { window })];
    }),
  );
}

const takeTasksQuery = `
with quiet as materialized (
  -- If Postgres forgets that a task was taken, nothing is lost: a commit then meets another fence.
  select set_config('synchronous_commit', 'off', true)),
waiting as (
  select task.*, claim.queue_job_id
  from unnest($1::bigint[], $2::uuid[]) as claim (task_id, queue_job_id),
  -- One by one, by id: a join planned while the ledger was small would read all waiting tasks.
  lateral (
    select id, state, started_at from pipeline.extract_tasks
    where id = claim.task_id and state in ('planned', 'interrupted') and settled_at is null
      and not exists (
        select from pipeline.accounts as account
        where account.account_id = extract_tasks.account_id and account.state = 'refused')
    for update) as task)
update pipeline.extract_tasks as task
set state = 'running', fence = task.fence + 1, process_id = $3, queue_job_id = waiting.queue_job_id,
    started_at = coalesce(task.started_at, now()), updated_at = now(), pages_when_taken = task.pages,
    runs_alone = false,
    merges_files = task.merges_files or exists (
      select from pipeline.file_event_types as known
      where known.account_id = task.account_id and known.event_type = task.event_type),
    privacy_version = greatest(task.privacy_version, (select version from pipeline.privacy))
from waiting, quiet where task.id = waiting.id
returning task.id as "taskId", task.root_id as "rootId", task.kind, task.account_id as "accountId",
          task.job_id as "jobId", task.event_type as "eventType", task.origin, task.window_from as "from",
          task.window_to as "to", task.job_ids as "jobIds", task.definition_id as "definitionId", task.rung,
          task.below_job_id as "belowJobId",
          task.kind = 'arrivals' and not exists (
            select from pipeline.tails as tail
            where tail.account_id = task.account_id and tail.event_type = task.event_type
              and tail.arrivals_read_at is not null) as "isFirstOfArrivals", task.run_id as "runId", task.fence, task.attempts,
          task.restarts, task.request_id as "requestId", task.fails_seconds as "failsSeconds",
          task.deaths >= ${deathsBeforeAlone} as "mustRunAlone", task.merges_files as "mergesFiles",
          task.privacy_version as "privacyVersion",
          waiting.state = 'interrupted' as "wasInterrupted",
          case when waiting.state = 'interrupted' then 0 else task.requests end as "requestsBefore",
          case when waiting.state = 'interrupted' then 0 else task.pages end as "pagesBefore",
          case when waiting.state = 'interrupted' then 0 else task.records end as "recordsBefore",
          waiting.started_at is null and not exists (
            select from pipeline.checkpoints as mark
            where mark.account_id = task.account_id and mark.job_id = task.job_id
              and mark.event_type = task.event_type and mark.covered_to > task.window_from) as "isInsertOnly"`;

/** In the order of their ids, so that two processes that want the same tasks cannot deadlock. */
function claimArrays(claims: readonly TaskClaim[]): [taskIds: number[], queueJobIds: string[]] {
  const ordered = claims.toSorted((one, other) => one.taskId - other.taskId);
  return [ordered.map(({ taskId }) => taskId), ordered.map(({ queueJobId }) => queueJobId)];
}

/**
 * Four parameters: from, to, the jobs as the text of an array, because an array of arrays cannot be unnested, and the
 * definition.
 */
export function scopeArrays(
  scopes: readonly TaskScope[],
): [from: (Date | null)[], to: (Date | null)[], jobIds: (string | null)[], definitionIds: (string | null)[]] {
  return [
    scopes.map(({ window }) => window?.from ?? null),
    scopes.map(({ window }) => window?.to ?? null),
    scopes.map(({ jobIds }) => (jobIds === null ? null : `{${jobIds.join(',')}}`)),
    scopes.map(({ definitionId }) => definitionId ?? null),
  ];
}
