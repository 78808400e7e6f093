import type { PlanScope } from './plan-facts.ts';
import type { Queryable } from '../pool.ts';

/** The instants that tell a job which owes nothing from one that has to be looked at. */
export interface DueCutoffs {
  readonly now: Date;
  /** A job whose last sign of life is younger is open. */
  readonly activeSince: Date;
  /** A closed checkpoint that was asked since is not due. */
  readonly closedAskedSince: Date;
  /** So long after its last sign of life a job closes, and is read again whole. */
  readonly lookbackMs: number;
}

/** Instants here are finer than a plan's, which has milliseconds; a job too many is looked at, never one too few. */
const marginMs = 1000;

/**
 * The jobs of the scope that a sync has to look at, by id: all but those that certainly owe nothing, being
 * closed, with every checkpoint complete or asked within the month. A plan of one of these is empty.
 *
 * One pass over jobs and checkpoints, whatever the ledger holds.
 */
export async function findDueJobs(
  database: Queryable,
  { accountId, eventTypes, since }: PlanScope,
  { now, activeSince, closedAskedSince, lookbackMs }: DueCutoffs,
): Promise<number[]> {
  const { rows } = await database.query<{ job_id: number }>(
    `with quiet as (
       select job_id, count(*) as checkpoints, min(whole_read_at) filter (where state = 'closed') as whole_read_at
       from pipeline.checkpoints
       where account_id = $1 and event_type = any($2)
         and (state = 'complete' and event_type = 'sent' and asked_at is not null
              or state = 'closed' and asked_at > $4 and asked_at < $5)
       group by job_id),
     job as (
       select job_id, is_triggered, triggered_send_id,
              greatest(coalesce(sent_at, scheduled_at, created_at, first_seen_at), last_event_at) as active_at
       from tracking.jobs
       where account_id = $1
         and greatest(created_at, scheduled_at, sent_at, last_event_at, first_seen_at) >= $3)
     select job_id
     from job left join quiet using (job_id)
     where quiet.checkpoints is distinct from cardinality($2)
        or active_at >= $6
        or quiet.whole_read_at < active_at + make_interval(secs => $7)
        or is_triggered and exists (
          select from tracking.triggered_sends as definition
          where definition.account_id = $1 and definition.triggered_send_id = job.triggered_send_id
            and definition.status = 'Active')
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
  return rows.map((row) => row.job_id);
}

/** Jobs of the scope with a window that is open, whoever is at it; by the index on unsettled tasks. */
export async function findJobsAtWork(
  database: Queryable,
  { accountId, eventTypes, jobIds }: PlanScope,
): Promise<number[]> {
  const { rows } = await database.query<{ job_id: number }>(
    `select distinct job_id from pipeline.extract_tasks
     where account_id = $1 and event_type = any($2) and settled_at is null and job_id is not null
       and ($3::bigint[] is null or job_id = any($3))`,
    [accountId, eventTypes, jobIds ?? null],
  );
  return rows.map((row) => row.job_id);
}

/**
 * How many sent events of each of these jobs are in the table; a job without one is left out.
 *
 * `since` keeps the search to the months they can be in.
 */
export async function countSentEvents(
  database: Queryable,
  accountId: number,
  jobIds: readonly number[],
  since: Date,
): Promise<Map<number, number>> {
  const { rows } = await database.query<{ job_id: number; sent: number }>(
    `select job_id, count(*) as sent from tracking.sent_events
     where account_id = $1 and job_id = any($2) and occurred_at >= $3
     group by job_id`,
    [accountId, jobIds, since],
  );
  return new Map(rows.map((row) => [row.job_id, row.sent]));
}
