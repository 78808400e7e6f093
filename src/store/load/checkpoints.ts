import type { Queryable } from '../pool.ts';

export interface SettledTask {
  rootId: number;
  accountId: number;
  jobId: number | null;
  eventType: string;
  /** RequestID of the window's last batch. */
  requestId: string | null;
}

/**
 * Settles the planned window a task belongs to once all its parts are settled. To be called in the
 * transaction that finished the task; answers whether the window is settled.
 */
export async function settleRoot(tx: Queryable, task: SettledTask & { taskId: number }): Promise<boolean> {
  if (task.rootId === task.taskId) return true;
  // Parts that finish at the same time take turns here, so that the last one sees all the others.
  await tx.query('select from pipeline.extract_tasks where id = $1 for update', [task.rootId]);
  const { rowCount } = await tx.query(
    `update pipeline.extract_tasks as root
     set settled_at = now(), updated_at = now()
     where id = $1 and settled_at is null
       and not exists (
         select from pipeline.extract_tasks as part
         where part.root_id = $1 and part.id <> $1 and part.settled_at is null)`,
    [task.rootId],
  );
  return rowCount === 1;
}

/**
 * Moves the watermark of a job and event type over everything that is completely in, in the transaction
 * that made it so. Only windows of sync count; it never moves backwards (`greatest`, which ignores null).
 * A window that is open or parked holds the watermark at its first instant.
 */
export async function advanceCheckpoint(tx: Queryable, task: SettledTask): Promise<void> {
  const isSweep = task.jobId === null;
  const at = { account: '$1', job: '$2::bigint', eventType: '$3', requestId: '$5' };
  await tx.query({
    name: `advance-checkpoint-${isSweep ? 'sweep' : 'job'}`,
    text: `
      with root as (
        select window_from, window_to, settled_at is not null as is_settled,
               case when is_whole and settled_at is not null then created_at end as whole_read_at,
               (select coalesce(sum(records), 0) from pipeline.extract_tasks as part
                where part.root_id = $4 and part.settled_at is not null) as records
        from pipeline.extract_tasks where id = $4 and origin = 'sync'),
      ${firstHole(at, { isSweep })}
      ${moveCheckpoint(at)}`,
    values: [task.accountId, task.jobId, task.eventType, task.rootId, task.requestId],
  });
}

/** Which parameters of a statement hold what. */
export interface CheckpointParameters {
  readonly account: string;
  readonly job: string;
  readonly eventType: string;
  readonly requestId: string;
}

/**
 * A table expression `hole`: the first instant of a checkpoint's windows that are open or parked.
 * `finishing` is the task that the same statement finishes: it still looks open to it.
 */
export function firstHole(
  { account, job, eventType }: CheckpointParameters,
  { isSweep = false, finishing }: { isSweep?: boolean; finishing?: string },
): string {
  const ofJob = isSweep ? `job_id is null and ${job} is null` : `job_id = ${job}`;
  const ofCheckpoint = `account_id = ${account} and ${ofJob} and event_type = ${eventType} and origin = 'sync'`;
  return `
      hole as (
        select least(
          (select min(window_from) from pipeline.extract_tasks
           where ${ofCheckpoint} and settled_at is null and state <> 'split'
             ${finishing === undefined ? '' : `and id <> ${finishing}`}),
          (select min(window_from) from pipeline.extract_tasks
           where ${ofCheckpoint} and state = 'parked')) as starts_at)`;
}

/**
 * The statement that moves a checkpoint, after the table expressions `hole` and `root`: the planned window
 * with `window_from`, `window_to`, `is_settled`, `whole_read_at` and `records`.
 */
export function moveCheckpoint({ account, job, eventType, requestId }: CheckpointParameters): string {
  return `
      insert into pipeline.checkpoints as known
        (account_id, job_id, event_type, watermark, covered_from, covered_to, request_id,
         last_records, last_window_seconds, asked_at, whole_read_at)
      select ${account}, ${job}, ${eventType}, coalesce(hole.starts_at, root.window_to),
             case when is_settled then window_from end, case when is_settled then window_to end, ${requestId}::text,
             records, extract(epoch from window_to - window_from)::bigint, case when is_settled then now() end,
             whole_read_at
      from root, hole
      on conflict (account_id, job_id, event_type) do update
      set watermark = greatest(known.watermark,
                               coalesce((select starts_at from hole), greatest(known.covered_to, excluded.covered_to))),
          covered_from = least(known.covered_from, excluded.covered_from),
          covered_to = greatest(known.covered_to, excluded.covered_to),
          request_id = coalesce(excluded.request_id, known.request_id),
          last_records = case when excluded.asked_at is null then known.last_records else excluded.last_records end,
          last_window_seconds =
            case when excluded.asked_at is null then known.last_window_seconds else excluded.last_window_seconds end,
          asked_at = coalesce(excluded.asked_at, known.asked_at),
          whole_read_at = greatest(known.whole_read_at, excluded.whole_read_at),
          updated_at = now()`;
}

/** Remembers that a job was read again whole, once no part of that reading is open or parked. */
export async function recordDeepRead(tx: Queryable, task: SettledTask): Promise<void> {
  await tx.query(
    `update pipeline.checkpoints as known
     set whole_read_at = greatest(known.whole_read_at, root.created_at), updated_at = now()
     from pipeline.extract_tasks as root
     where root.id = $1 and root.settled_at is not null
       and not exists (select from pipeline.extract_tasks as part where part.root_id = $1 and part.state = 'parked')
       and known.account_id = root.account_id and known.job_id = root.job_id and known.event_type = root.event_type`,
    [task.rootId],
  );
}

/**
 * Tells the job of a task that read events when it last had one, and whether it belongs to a triggered
 * send. A job first met on an event becomes a stub until its Send is read.
 */
export async function updateJobActivity(tx: Queryable, taskId: number): Promise<void> {
  const source = 'pipeline.extract_tasks where id = $1 and job_id is not null';
  await tx.query({ name: 'touch-job', text: touchJobFrom(source), values: [taskId] });
}

/** The same as a statement over a task's row; `source` ends in a condition. */
export function touchJobFrom(source: string): string {
  return `
      insert into tracking.jobs as known (account_id, job_id, last_event_at, triggered_send_id, is_triggered, is_stub)
      select account_id, job_id, last_event_at, triggered_send_id, triggered_send_id is not null, true
      from ${source} and last_event_at is not null
      on conflict (account_id, job_id) do update
      set last_event_at = greatest(known.last_event_at, excluded.last_event_at),
          triggered_send_id = coalesce(excluded.triggered_send_id, known.triggered_send_id),
          is_triggered = known.is_triggered or excluded.is_triggered
      where known.last_event_at is distinct from greatest(known.last_event_at, excluded.last_event_at)
         or (excluded.is_triggered and not known.is_triggered)`;
}
