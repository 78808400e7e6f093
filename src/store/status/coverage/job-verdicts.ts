import type { Queryable } from '../../connection/pool.ts';

/** How a job compares with Marketing Cloud's own counters. */
export interface JobVerdict {
  readonly accountId: number;
  readonly jobId: number;
  readonly subject: string | null;
  readonly sentAt: Date | null;
  readonly numberSent: number | null;
  /** Loaded sent events; null before the first rollup. */
  readonly loadedSent: number | null;
  /** Counters by verdict: `exact` 7, `too early` 2. */
  readonly verdicts: Readonly<Record<string, number>>;
}

/** The latest sends of all accounts or of one, with what became of their counters. */
export async function readJobVerdicts(
  database: Queryable,
  limit: number,
  accountId: number | null = null,
): Promise<JobVerdict[]> {
  // The subquery is planned once, and has constants for each job: the view reads that job's rows alone, however many
  // jobs there are.
  const { rows } = await database.query<JobVerdict>(
    `select job.account_id as "accountId", job.job_id as "jobId", job.subject,
            coalesce(job.sent_at, job.scheduled_at, job.created_at) as "sentAt", job.number_sent as "numberSent",
            total.sent_events as "loadedSent",
            (select coalesce(json_object_agg(verdict, counters order by counters desc, verdict), '{}')
             from (select verdict, count(*)::int as counters from bi.completeness as counter
                   where counter.account_id = job.account_id and counter.job_id = job.job_id
                   group by verdict) as counted) as verdicts
     from (select * from tracking.jobs
           where $2::bigint is null or account_id = $2
           order by coalesce(sent_at, scheduled_at, created_at) desc nulls last, job_id desc limit $1) as job
     left join tracking.job_totals as total using (account_id, job_id)
     order by "sentAt" desc nulls last, job_id desc`,
    [limit, accountId],
  );
  return rows;
}
