import type { Queryable } from '../connection/pool.ts';

/** What SendJobs says of a job; null where it says nothing. */
export interface JobOfFile {
  readonly accountId: number;
  readonly jobId: number;
  readonly emailName: string | null;
  readonly subject: string | null;
  readonly fromName: string | null;
  readonly fromAddress: string | null;
  readonly status: string | null;
  readonly scheduledAt: string | null;
  readonly sentAt: string | null;
}

/** Enters jobs that are not known, and fills what is not known of the others. Returns how many were new. */
export async function fillJobs(tx: Queryable, jobs: readonly JobOfFile[]): Promise<number> {
  if (jobs.length === 0) return 0;
  const { rows } = await tx.query<{ isNew: boolean }>(
    `insert into tracking.jobs as known
       (account_id, job_id, email_name, subject, from_name, from_address, status, scheduled_at, sent_at, is_stub)
     select "accountId", "jobId", "emailName", subject, "fromName", "fromAddress", status, "scheduledAt", "sentAt", true
     from jsonb_to_recordset($1::jsonb) as job ("accountId" bigint, "jobId" bigint, "emailName" text, subject text,
       "fromName" text, "fromAddress" text, status text, "scheduledAt" timestamptz, "sentAt" timestamptz)
     order by 1, 2
     on conflict (account_id, job_id) do update
     set email_name = coalesce(known.email_name, excluded.email_name),
         subject = coalesce(known.subject, excluded.subject),
         from_name = coalesce(known.from_name, excluded.from_name),
         from_address = coalesce(known.from_address, excluded.from_address),
         status = case when known.is_stub then coalesce(excluded.status, known.status) else known.status end,
         scheduled_at = coalesce(known.scheduled_at, excluded.scheduled_at),
         sent_at = coalesce(known.sent_at, excluded.sent_at)
     where known.is_stub
     returning known.xmax = 0 as "isNew"`,
    [JSON.stringify(jobs)],
  );
  return rows.filter(({ isNew }) => isNew).length;
}
