import type { Queryable } from '../connection/pool.ts';
import { jobIsYoung } from '../planning/open-jobs.ts';

/** A job whose events may still be kept by the source. */
export interface TailJob {
  readonly jobId: number;
  /** The earliest of its dates; null where it has none. */
  readonly startAt: Date | null;
  /** Sent within a week, or with more events of late than a page, so that it is read by its JobID. */
  readonly isYoung: boolean;
  readonly triggeredSendId: string | null;
  /** NumberSent; 0 where it is not known. */
  readonly numberSent: number;
}

export interface TailScope {
  readonly accountId: number;
  readonly eventTypes: readonly string[];
  /** A job that was sent since is young. */
  readonly youngSince: Date;
  /** A job whose dates are all before is not kept by the source. */
  readonly retainedSince: Date;
}

export async function readJobs(
  database: Queryable,
  { accountId, youngSince, retainedSince }: TailScope,
): Promise<TailJob[]> {
  const { rows } = await database.query<TailJob>(
    `select job_id as "jobId", least(created_at, scheduled_at, sent_at) as "startAt", ${jobIsYoung('$2')} as "isYoung",
            triggered_send_id::text as "triggeredSendId", coalesce(number_sent, 0)::float8 as "numberSent"
     from tracking.jobs as job
     where account_id = $1
       and greatest(created_at, scheduled_at, sent_at, last_event_at, first_seen_at) >= $3
     order by job_id`,
    [accountId, youngSince, retainedSince],
  );
  return rows;
}

export async function readYoungRates(
  database: Queryable,
  { accountId, eventTypes }: TailScope,
  jobs: readonly TailJob[],
): Promise<Map<string, number>> {
  const young = jobs.flatMap(({ jobId, isYoung }) => (isYoung ? [jobId] : []));
  const { rows } = await database.query<{ eventType: string; rate: number }>(
    `select event_type as "eventType", sum(last_records::float8 / last_window_seconds) as rate
     from pipeline.checkpoints
     where account_id = $1 and job_id = any($2) and event_type = any($3) and last_window_seconds > 0
     group by event_type`,
    [accountId, young, eventTypes],
  );
  return new Map(rows.map(({ eventType, rate }) => [eventType, rate]));
}
