import type { Queryable } from '../../connection/pool.ts';
import type { RunRequest } from './run-log.ts';

/**
 * The runs that a backfill of exactly this request continues: the latest one and those which that one continued, the
 * latest first. None where nothing of them is open; the request is read afresh then.
 */
export async function findUnfinishedBackfill(database: Queryable, request: RunRequest): Promise<number[]> {
  const { rows } = await database.query<{ runId: number }>(
    `with recursive latest as (
       select run_id, continues_run_id, state
       from pipeline.runs
       where kind = 'backfill' and range_from = $1 and range_to = $2 and event_types = $3
         and account_ids = $4 and job_ids is not distinct from $5::bigint[]
       order by run_id desc limit 1
     ), continued as (
       select run_id, continues_run_id from latest where state = 'finished'
       union all
       select earlier.run_id, earlier.continues_run_id
       from pipeline.runs as earlier
       join continued on earlier.run_id = continued.continues_run_id
     )
     select run_id as "runId"
     from continued
     where exists (
       select from pipeline.extract_tasks as task
       where task.run_id in (select run_id from continued) and task.origin = 'backfill' and task.settled_at is null)
     order by run_id desc`,
    [request.range?.from, request.range?.to, request.eventTypes, request.accountIds, request.jobIds ?? null],
  );
  return rows.map(({ runId }) => runId);
}

/** Whether these runs of a backfill planned a window of a job's events. */
export type IsPlanned = (jobId: number, eventType: string) => boolean;

/** What these runs of a backfill planned for an account, with whatever became of it. */
export async function readPlanned(
  database: Queryable,
  runIds: readonly number[],
  accountId: number,
): Promise<IsPlanned> {
  const { rows } = await database.query<{ jobId: number; eventTypes: string[] }>(
    `select job_id as "jobId", array_agg(distinct event_type) as "eventTypes"
     from pipeline.extract_tasks
     where run_id = any($1) and account_id = $2 and origin = 'backfill'
     group by job_id`,
    [runIds, accountId],
  );
  const planned = new Map(rows.map(({ jobId, eventTypes }) => [jobId, new Set(eventTypes)]));
  return (jobId, eventType) => planned.get(jobId)?.has(eventType) === true;
}
