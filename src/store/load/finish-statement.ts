import { type Statement, writeStatement } from './statement.ts';

/** A task that was committed whole, parked or accepted, in the transaction that is still open. */
export interface FinishedTask {
  readonly taskId: number;
  /** The planned window it belongs to: itself, or the one it is a part of. */
  readonly rootId: number;
  readonly jobId: number | null;
}

interface TaskEnd {
  readonly task: FinishedTask;
  /** RequestID of the window's last page. */
  readonly requestId: string | null;
}

const taskId = ({ task }: TaskEnd) => task.taskId;
const rootId = ({ task }: TaskEnd) => task.rootId;
const requestId = (end: TaskEnd) => end.requestId;

/** What follows from a finished task of a job, in one statement. */
export function finishStatement(): Statement<TaskEnd> {
  return writeStatement('finish task of job', (placeholder) => {
    const expressions = [
      `root as (
  select id, origin, account_id, job_id, event_type, window_from, window_to, is_full_read, created_at, settled_at,
         (select coalesce(sum(part.records), 0) from pipeline.extract_tasks as part
          where part.root_id = ${placeholder(rootId)} and part.settled_at is not null) as records
  from pipeline.extract_tasks where id = ${placeholder(rootId)}
)`,
      `synced as (\n  select * from root where origin = 'sync'\n)`,
      ...advance('synced', placeholder(requestId)),
      updateJob(`pipeline.extract_tasks where id = ${placeholder(taskId)}`),
    ];
    return `
with ${expressions.join(',\n')}
${recordFullReread}`;
  });
}

/** Remembers that a job was read again in full, once no part of that reading is open or parked. */
const recordFullReread = `update pipeline.checkpoints as known
set full_read_at = greatest(known.full_read_at, root.created_at), updated_at = now(),
    tail_from = case when root.window_to < known.covered_to and known.tail_from is not null
                then greatest(known.tail_from, root.window_to) end
from root
where root.origin = 'full_reread' and root.settled_at is not null
  and not exists (select from pipeline.extract_tasks as part where part.root_id = root.id and part.state = 'parked')
  and known.account_id = root.account_id and known.job_id = root.job_id and known.event_type = root.event_type`;

/**
 * Table expressions that finish a window of sync of one job. `root` names the one with its row of the ledger,
 * or with no row where nothing is to be written; `requestIdAt` is the placeholder of the RequestID.
 */
export function finishWindow(root: string, requestIdAt: string): string[] {
  return [...advance(root, requestIdAt), updateJob(`${root} where true`)];
}

/**
 * Moves the watermark over everything that is completely in. It never moves backwards (`greatest`, which
 * ignores null), and a window that is open or parked, a hole, holds it at its first instant. `root` may have several
 * rows, each of another checkpoint: what one of them settles looks open to the others.
 */
export function advance(root: string, requestIdAt: string): string[] {
  // The window itself is settled, but looks open to the statement that settles it.
  const ofCheckpoint = [
    `other.account_id = ${root}.account_id and other.job_id = ${root}.job_id`,
    `and other.event_type = ${root}.event_type and other.origin = 'sync'`,
  ].join('\n              ');
  return [
    `hole as (
  select account_id, job_id, event_type, least(
           (select min(other.window_from) from pipeline.extract_tasks as other
            where ${ofCheckpoint}
              and other.settled_at is null and other.state <> 'split' and other.id <> ${root}.id),
           (select min(other.window_from) from pipeline.extract_tasks as other
            where ${ofCheckpoint}
              and other.state = 'parked')) as starts_at
  from ${root}
)`,
    `checkpoint as (
  insert into pipeline.checkpoints as known
    (account_id, job_id, event_type, watermark, covered_from, covered_to, request_id,
     last_records, last_window_seconds, asked_at, full_read_at)
  select account_id, job_id, event_type, coalesce(hole.starts_at, window_to),
         case when settled_at is not null then window_from end, case when settled_at is not null then window_to end,
         ${requestIdAt}::text, records, extract(epoch from window_to - window_from)::bigint,
         case when settled_at is not null then now() end,
         case when settled_at is not null and is_full_read then created_at end
  from ${root} join hole using (account_id, job_id, event_type)
  order by account_id, job_id, event_type
  on conflict (account_id, job_id, event_type) do update
  set watermark = greatest(known.watermark,
                           coalesce((select hole.starts_at from hole
                                     where hole.account_id = known.account_id and hole.job_id = known.job_id
                                       and hole.event_type = known.event_type),
                                    greatest(known.covered_to, excluded.covered_to))),
      covered_from = least(known.covered_from, excluded.covered_from),
      covered_to = greatest(known.covered_to, excluded.covered_to),
      request_id = coalesce(excluded.request_id, known.request_id),
      last_records = case when excluded.asked_at is null then known.last_records else excluded.last_records end,
      last_window_seconds =
        case when excluded.asked_at is null then known.last_window_seconds else excluded.last_window_seconds end,
      asked_at = coalesce(excluded.asked_at, known.asked_at),
      full_read_at = greatest(known.full_read_at, excluded.full_read_at),
      tail_from = case when excluded.covered_from <= known.tail_from
                  then case when excluded.covered_to < known.covered_to
                       then greatest(known.tail_from, excluded.covered_to) end
                  else known.tail_from end,
      updated_at = now()
)`,
  ];
}

/**
 * Writes to the job when it last had an event, and whether it belongs to a triggered send. A job first met on
 * an event becomes a stub until its Send is read. `tasks` is a relation with a condition.
 */
function updateJob(tasks: string): string {
  return `job as (
  insert into tracking.jobs as known (account_id, job_id, last_event_at, triggered_send_id, is_triggered, is_stub)
  select account_id, job_id, last_event_at, triggered_send_id, triggered_send_id is not null, true
  from ${tasks} and last_event_at is not null
  on conflict (account_id, job_id) do update
  set last_event_at = greatest(known.last_event_at, excluded.last_event_at),
      triggered_send_id = coalesce(excluded.triggered_send_id, known.triggered_send_id),
      is_triggered = known.is_triggered or excluded.is_triggered
  where known.last_event_at is distinct from greatest(known.last_event_at, excluded.last_event_at)
     or (excluded.is_triggered and not known.is_triggered)
)`;
}
