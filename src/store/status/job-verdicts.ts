import type { Queryable } from '../pool.ts';

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
  const { rows } = await database.query<Omit<JobVerdict, 'verdicts'>>(
    `select job.account_id as "accountId", job.job_id as "jobId", job.subject,
            coalesce(job.sent_at, job.scheduled_at, job.created_at) as "sentAt", job.number_sent as "numberSent",
            total.sent_events as "loadedSent"
     from (select * from tracking.jobs
           where $2::bigint is null or account_id = $2
           order by coalesce(sent_at, scheduled_at, created_at) desc nulls last, job_id desc limit $1) as job
     left join tracking.job_totals as total using (account_id, job_id)
     order by "sentAt" desc nulls last, job_id desc`,
    [limit, accountId],
  );
  // One job at a time: with constants the view reads that job's rows alone, however many jobs there are.
  return await Promise.all(
    rows.map(async (job) => {
      const { rows: counts } = await database.query<{ verdict: string; counters: number }>(
        `select verdict, count(*)::int as counters from bi.completeness
         where account_id = $1 and job_id = $2 group by verdict order by counters desc, verdict`,
        [job.accountId, job.jobId],
      );
      return {
        ...job,
        verdicts: Object.fromEntries(counts.map(({ verdict, counters }) => [verdict, counters])),
      };
    }),
  );
}
