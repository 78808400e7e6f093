import type { Queryable } from './connection/pool.ts';

/** Those of the jobs that none of the accounts has. */
export async function findUnknownJobs(
  database: Queryable,
  accountIds: readonly number[],
  jobIds: readonly number[],
): Promise<number[]> {
  const { rows } = await database.query<{ jobId: number }>(
    `select job_id as "jobId" from unnest($2::bigint[]) as requested (job_id)
     where not exists (
       select from tracking.jobs as job where job.account_id = any($1) and job.job_id = requested.job_id)
     order by job_id`,
    [accountIds, jobIds],
  );
  return rows.map(({ jobId }) => jobId);
}

/** Adds jobs of which only the id is known, so that their events are requested. */
export async function addStubJobs(
  database: Queryable,
  accountId: number,
  jobIds: readonly number[],
): Promise<void> {
  if (jobIds.length === 0) return;
  await database.query(
    `insert into tracking.jobs (account_id, job_id, is_stub)
     select $1, job_id, true from unnest($2::bigint[]) as page (job_id)
     on conflict do nothing`,
    [accountId, jobIds],
  );
}
