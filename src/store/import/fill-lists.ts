import type { Queryable } from '../connection/pool.ts';

/** What Lists says of a list. */
export interface ListOfFile {
  readonly accountId: number;
  readonly listId: number;
  readonly name: string;
}

/** Names lists that have no name. Returns how many rows got one. */
export async function nameLists(tx: Queryable, lists: readonly ListOfFile[]): Promise<number> {
  const { rowCount } = await tx.query(
    `update tracking.lists as known set list_name = list.name
     from jsonb_to_recordset($1::jsonb) as list ("accountId" bigint, "listId" bigint, name text)
     where known.account_id = list."accountId" and known.list_id = list."listId" and known.list_name is null`,
    [JSON.stringify(lists)],
  );
  return rowCount ?? 0;
}

/**
 * Enters the lists of jobs of which none is known, as their sent events name them: SOAP has not read these jobs. Without
 * counters, which SOAP brings. Found in sent_events_job. Returns how many rows are new.
 */
export async function enterListsOfJobs(tx: Queryable, accountIds: readonly number[]): Promise<number> {
  const { rowCount } = await tx.query(
    `insert into tracking.lists (account_id, job_id, list_id)
     select job.account_id, job.job_id, sent.list_id
     from tracking.jobs as job, lateral (
       select distinct list_id from tracking.sent_events as event
       where event.account_id = job.account_id and event.job_id = job.job_id and event.list_id is not null) as sent
     where job.account_id = any($1) and not exists (
       select from tracking.lists as known where known.account_id = job.account_id and known.job_id = job.job_id)
     on conflict (account_id, job_id, list_id) do nothing`,
    [accountIds],
  );
  return rowCount ?? 0;
}
