import type { Queryable } from './pool.ts';

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
