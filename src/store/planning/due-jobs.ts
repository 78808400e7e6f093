import type { EventDefinition } from '../../events/define-event.ts';
import type { Queryable } from '../connection/pool.ts';
import { jobActiveAt, jobIsOpen, joinDefinition } from './open-jobs.ts';
import type { PlanScope } from './plan-facts.ts';

/** The instants that separate a job for which nothing is due from one that has to be looked at. */
export interface DueCutoffs {
  readonly now: Date;
  /** A job that was active since is open. */
  readonly activeSince: Date;
  /** A closed checkpoint that was read since is not due. */
  readonly closedAskedSince: Date;
  /** This long after it was last active a job closes, and is read again in full. */
  readonly lookbackMs: number;
}

/** Instants here are finer than a plan's, which has milliseconds. A job too many is looked at, never one too few. */
const marginMs = 1000;

/**
 * The jobs of the scope that a sync has to look at, by id. Left out are jobs for which nothing is due: they are
 * closed, and each checkpoint is complete or was read within the month. A plan of one of these is empty.
 *
 * One pass over jobs and checkpoints; the size of the ledger does not matter.
 */
export async function findDueJobs(
  database: Queryable,
  { accountId, eventTypes, since }: PlanScope,
  { now, activeSince, closedAskedSince, lookbackMs }: DueCutoffs,
): Promise<number[]> {
  const { rows } = await database.query<{ jobId: number }>(
    `with quiet as (
       select job_id, count(*) as checkpoints, min(full_read_at) filter (where state = 'closed') as full_read_at
       from pipeline.checkpoints
       where account_id = $1 and event_type = any($2)
         and (state = 'complete' and asked_at is not null
              or state = 'closed' and asked_at > $4 and asked_at < $5)
       group by job_id),
     activity as (
       select job.job_id, ${jobActiveAt} as active_at, ${jobIsOpen('$6')} as is_open
       from tracking.jobs as job ${joinDefinition}
       where job.account_id = $1
         and greatest(job.created_at, job.scheduled_at, job.sent_at, job.last_event_at, job.first_seen_at) >= $3)
     select job_id as "jobId"
     from activity left join quiet using (job_id)
     where quiet.checkpoints is distinct from cardinality($2)
        or is_open
        or quiet.full_read_at < active_at + make_interval(secs => $7)
        or job_id in (
          select deficit.job_id
          from pipeline.deficits as deficit join pipeline.checkpoints as mark using (account_id, job_id, event_type)
          where deficit.account_id = $1 and (mark.full_read_at >= deficit.found_at) is not true)
     order by job_id`,
    [
      accountId,
      eventTypes,
      since,
      new Date(closedAskedSince.getTime() + marginMs),
      new Date(now.getTime() - marginMs),
      new Date(activeSince.getTime() - marginMs),
      (lookbackMs + marginMs) / 1000,
    ],
  );
  return rows.map(({ jobId }) => jobId);
}

/** Jobs of the scope with an open window, of any run; by the index on unsettled tasks. */
export async function findJobsWithOpenTasks(
  database: Queryable,
  { accountId, eventTypes, jobIds }: PlanScope,
): Promise<number[]> {
  const { rows } = await database.query<{ jobId: number }>(
    `select distinct job_id as "jobId" from pipeline.extract_tasks
     where account_id = $1 and event_type = any($2) and settled_at is null and job_id is not null
       and ($3::bigint[] is null or job_id = any($3))`,
    [accountId, eventTypes, jobIds ?? null],
  );
  return rows.map(({ jobId }) => jobId);
}

/**
 * The number of events of one type in the table, for each of these jobs; a job without one is left out.
 *
 * `since` limits the search to the months they can be in.
 */
export async function countEvents(
  database: Queryable,
  { table }: EventDefinition,
  { accountId, jobIds, since }: { accountId: number; jobIds: readonly number[]; since: Date },
): Promise<Map<number, number>> {
  const { rows } = await database.query<{ jobId: number; events: number }>(
    `select job_id as "jobId", count(*) as events from tracking.${table}
     where account_id = $1 and job_id = any($2) and occurred_at >= $3
     group by job_id`,
    [accountId, jobIds, since],
  );
  return new Map(rows.map(({ jobId, events }) => [jobId, events]));
}
