import type { Queryable } from '../connection/pool.ts';
import type { TaskOrigin } from './task-ledger.ts';
import type { TaskQueue } from '../queue/task-queue.ts';

export interface AdoptionScope {
  accountId: number;
  /** Event types, or names of dimensions. */
  eventTypes: readonly string[];
  jobIds?: readonly number[] | undefined;
  /** Only the tasks of these earlier runs; undefined: those of every run that has ended. */
  fromRuns?: readonly number[] | undefined;
  origins: readonly TaskOrigin[];
}

/**
 * Moves open tasks of runs that have ended into this run and queues them again. Parked tasks of sync are attempted
 * once more, and those of a backfill where its runs are named. Tasks of a run that is still going on stay with it.
 * Returns the number of tasks queued.
 *
 * What the tasks had counted before is noted with the run, so that it reports its own work only.
 */
export async function adoptOpenTasks(
  tx: Queryable,
  queue: TaskQueue,
  runId: number,
  scope: AdoptionScope,
): Promise<number> {
  const { rows } = await tx.query<{ taskId: number; accountId: number }>(
    `with adopted as (
       update pipeline.extract_tasks as task
       set run_id = $1, updated_at = now(),
           attempts = case when state = 'parked' then 0 else attempts end,
           restarts = case when state = 'parked' then 0 else restarts end,
           settled_at = case when state = 'parked' then null else settled_at end,
           finished_at = case when state = 'parked' then null else finished_at end,
           state = case when state = 'parked' then 'planned' else state end
       where account_id = $2 and event_type = any($3) and origin = any($4)
         and ($5::bigint[] is null or job_id = any($5))
         and ($6::bigint[] is null or run_id = any($6))
         and run_id is distinct from $1
         and (settled_at is null or (state = 'parked' and kind <> 'tail'
                                       and (origin <> 'backfill' or $6::bigint[] is not null)))
         and not exists (select from pipeline.runs as run
                         where run.run_id = task.run_id and run.state = 'running')
       returning id, account_id, state, kind, event_type, records, inserted, rejected, requests),
     noted as (
       update pipeline.runs
       set counts_before = counts_before || (
         select coalesce(jsonb_agg(counted), '[]')
         from (select kind, event_type, sum(records) as records, sum(inserted) as inserted,
                      sum(rejected) as rejected, sum(requests) as requests
               from adopted group by kind, event_type) as counted)
       where run_id = $1)
     select id as "taskId", account_id as "accountId" from adopted
     where state in ('planned', 'interrupted') order by id`,
    [runId, scope.accountId, scope.eventTypes, scope.origins, scope.jobIds ?? null, scope.fromRuns ?? null],
  );
  await queue.enqueue(tx, rows);
  return rows.length;
}
