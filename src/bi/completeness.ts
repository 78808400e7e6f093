import type { Queryable } from '../store/connection/pool.ts';

/** A line of `bi.completeness`. */
export interface CounterVerdict {
  readonly accountId: number;
  readonly jobId: number;
  readonly counter: string;
  readonly source: number;
  readonly loaded: number;
  readonly difference: number;
  readonly verdict: string;
  /** Null where both are equal. */
  readonly reason: string | null;
  readonly countersAt: Date | null;
  readonly loadedUntil: Date | null;
}

/** The verdict on a deficit beyond its tolerance. */
export const deficitVerdict = 'source ahead';

/** What is loaded against Marketing Cloud's own counters, by job; rollups have to be up to date. */
export async function readCompleteness(
  database: Queryable,
  jobIds?: readonly number[],
): Promise<CounterVerdict[]> {
  const { rows } = await database.query<CounterVerdict>(
    `select account_id as "accountId", job_id as "jobId", counter, source, loaded, difference, verdict, reason,
            counters_at as "countersAt", loaded_until as "loadedUntil"
     from bi.completeness
     where $1::bigint[] is null or job_id = any($1)
     order by account_id, job_id, counter`,
    [jobIds ?? null],
  );
  return rows;
}

/**
 * Records deficits beyond tolerance, so that the next sync reads those jobs again in full, once: a deficit that remains
 * is recorded again only where it has grown. Returns the number of jobs with one that was recorded now.
 */
export async function recordDeficits(database: Queryable): Promise<number> {
  const { rows } = await database.query<{ jobs: number }>(
    `with verdict as materialized (
       select account_id, job_id, event_type, missing, verdict from bi.completeness),
     resolved as (
       delete from pipeline.deficits as known
       using (select account_id, job_id, event_type from verdict
              group by account_id, job_id, event_type
              having bool_and(verdict in ('exact', 'indistinguishable', 'within tolerance'))) as fine
       where known.account_id = fine.account_id and known.job_id = fine.job_id and known.event_type = fine.event_type),
     recorded as (
       insert into pipeline.deficits as known (account_id, job_id, event_type, missing, found_at)
       select account_id, job_id, event_type, max(missing), now()
       from verdict where verdict = $1
       group by account_id, job_id, event_type
       order by account_id, job_id, event_type
       on conflict (account_id, job_id, event_type) do update
       set missing = excluded.missing, found_at = excluded.found_at
       where excluded.missing > known.missing
       returning account_id, job_id)
     select count(distinct (account_id, job_id)) as jobs from recorded`,
    [deficitVerdict],
  );
  return rows[0]?.jobs ?? 0;
}
