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
  if (!(await mayHaveDeficits(database))) return 0;
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

/**
 * Whether a counter is above what is loaded, or was when it was last compared. The verdicts, with all that excuses a
 * difference, take longer to plan than both tables to read.
 */
async function mayHaveDeficits(database: Queryable): Promise<boolean> {
  const { rows } = await database.query<{ mayHave: boolean }>(
    `select exists (select from pipeline.deficits)
       or exists (
         select from tracking.jobs as job
         left join tracking.job_totals as total on total.account_id = job.account_id and total.job_id = job.job_id
         where job.number_sent > coalesce(total.sent_events, 0)
           or job.number_delivered > coalesce(total.delivered, 0)
           or job.hard_bounces > coalesce(total.with_hard_bounce, 0)
           or job.soft_bounces > coalesce(total.with_soft_bounce, 0)
           or job.other_bounces > coalesce(total.with_other_bounce, 0)
           or job.unique_opens > coalesce(least(total.openers, total.openers_or_clickers), 0)
           or job.unique_clicks > coalesce(total.clickers, 0)
           or job.unsubscribes > coalesce(total.unsub_events, 0)
           or job.forwarded_emails > coalesce(total.forward_events, 0)
           or coalesce(job.number_errored, 0) + coalesce(job.number_excluded, 0) + coalesce(job.duplicates, 0)
              + coalesce(job.existing_unsubscribes, 0) + coalesce(job.existing_undeliverables, 0)
              + coalesce(job.invalid_addresses, 0) + coalesce(job.missing_addresses, 0)
              > coalesce(total.not_sent_events, 0))
       or exists (
         select from tracking.links as link
         left join tracking.link_totals as total
           on total.account_id = link.account_id and total.job_id = link.job_id and total.url_id = link.url_id
         where link.total_clicks > coalesce(total.clicks, 0) or link.unique_clicks > coalesce(total.clickers, 0))
       as "mayHave"`,
  );
  return rows[0]?.mayHave === true;
}
