import { isoFromMicros } from '../../columns/central-time.ts';
import { columnOfKind } from '../../columns/page-builder.ts';
import type { PageColumns } from '../../columns/page.ts';
import type { Queryable } from '../connection/pool.ts';
import { uuidText } from '../../columns/values.ts';

/**
 * Writes to each job that the page names when it last had an event, and whether it belongs to a triggered send. A job
 * first met on an event becomes a stub until its Send is read. To be called in the transaction of the page.
 */
export async function noteJobs(tx: Queryable, accountId: number, page: PageColumns): Promise<void> {
  const jobs = jobsOf(page);
  if (jobs.length === 0) return;
  await tx.query(
    // In the order of their ids, so that two pages cannot deadlock.
    `insert into tracking.jobs as known (account_id, job_id, last_event_at, triggered_send_id, is_triggered, is_stub)
     select $1, job_id, last_event_at, triggered_send_id, triggered_send_id is not null, true
     from unnest($2::bigint[], $3::timestamptz[], $4::uuid[]) as job (job_id, last_event_at, triggered_send_id)
     order by job_id
     on conflict (account_id, job_id) do update
     set last_event_at = greatest(known.last_event_at, excluded.last_event_at),
         triggered_send_id = coalesce(excluded.triggered_send_id, known.triggered_send_id),
         is_triggered = known.is_triggered or excluded.is_triggered
     where known.last_event_at is distinct from greatest(known.last_event_at, excluded.last_event_at)
        or (excluded.is_triggered and not known.is_triggered)`,
    [
      accountId,
      jobs.map(({ jobId }) => jobId),
      jobs.map(({ latestMicros }) => isoFromMicros(latestMicros)),
      jobs.map(({ triggeredSendId }) => triggeredSendId),
    ],
  );
}

interface NamedJob {
  readonly jobId: number;
  latestMicros: number;
  triggeredSendId: string | null;
}

const lowRange = 2 ** 32;

function jobsOf({ columns, rowCount }: PageColumns): NamedJob[] {
  const ids = columnOfKind(columns.get('job_id'), 'integer');
  const instants = columnOfKind(columns.get('occurred_at'), 'instant');
  const definitions = columnOfKind(columns.get('triggered_send_id'), 'uuid');
  const jobs = new Map<number, NamedJob>();
  for (let row = 0; row < rowCount; row += 1) {
    const jobId = (ids?.high[row] ?? 0) * lowRange + ((ids?.low[row] ?? 0) >>> 0);
    const latestMicros = instants?.micros[row] ?? 0;
    const job = jobs.get(jobId) ?? { jobId, latestMicros, triggeredSendId: null };
    job.latestMicros = Math.max(job.latestMicros, latestMicros);
    if (definitions?.nulls[row] === 0) job.triggeredSendId ??= uuidText(definitions.words, row * 4);
    jobs.set(jobId, job);
  }
  return [...jobs.values()];
}
