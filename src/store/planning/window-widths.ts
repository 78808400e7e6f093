import type { Queryable } from '../connection/pool.ts';
import type { OwnedTask } from '../ledger/task-ledger.ts';

/** The width of windows of an event type where Retrieves time out, in seconds. */
export interface KnownWidth {
  readonly worksSeconds: number | null;
  readonly failsSeconds: number;
}

/** What was found longer ago says nothing: the source may be faster by now. */
const validDays = 7;

/** A window of the tail holds many jobs, so that its width says nothing about windows of one. */
function widthKey({ kind, eventType, rung }: WidthSubject): string {
  return kind === 'tail' ? `tail ${rung ?? ''} ${eventType}` : eventType;
}

type WidthSubject = Pick<OwnedTask, 'accountId' | 'kind' | 'eventType' | 'rung'>;

export async function findKnownWidth(
  database: Queryable,
  task: WidthSubject,
): Promise<KnownWidth | undefined> {
  const { rows } = await database.query<KnownWidth>(
    `select works_seconds as "worksSeconds", fails_seconds as "failsSeconds" from pipeline.window_widths
     where account_id = $1 and event_type = $2 and updated_at > now() - interval '${validDays} days'`,
    [task.accountId, widthKey(task)],
  );
  return rows[0];
}

export async function rememberWidth(
  database: Queryable,
  task: WidthSubject,
  { worksSeconds, failsSeconds }: KnownWidth,
): Promise<void> {
  await database.query(
    `insert into pipeline.window_widths (account_id, event_type, works_seconds, fails_seconds) values ($1, $2, $3, $4)
     on conflict (account_id, event_type) do update
     set works_seconds = excluded.works_seconds, fails_seconds = excluded.fails_seconds, updated_at = now()`,
    [task.accountId, widthKey(task), worksSeconds, failsSeconds],
  );
}

/** A window that was said to fail does not. */
export async function forgetWidth(database: Queryable, task: WidthSubject): Promise<void> {
  await database.query('delete from pipeline.window_widths where account_id = $1 and event_type = $2', [
    task.accountId,
    widthKey(task),
  ]);
}

/** What the reading of a planned window has cost so far, with all its parts; of a task that is read anew, since it was taken. */
export interface RootEffort {
  readonly requests: number;
  readonly pages: number;
  readonly records: number;
  /** `NumberSent` of its job; null where it is not known or not final, as with triggered sends. */
  readonly numberSent: number | null;
}

export async function readRootEffort(database: Queryable, task: OwnedTask): Promise<RootEffort> {
  const { rootId, accountId, jobId, requestsBefore, pagesBefore, recordsBefore } = task;
  const { rows } = await database.query<RootEffort>(
    `select coalesce(sum(requests), 0)::bigint - $4 as requests, coalesce(sum(pages), 0)::bigint - $5 as pages,
            coalesce(sum(records), 0)::bigint - $6 as records,
            (select number_sent from tracking.jobs
             where account_id = $2 and job_id = $3 and not is_triggered and status = 'Complete'
               and counters_at > sent_at + interval '1 hour') as "numberSent"
     from pipeline.extract_tasks where root_id = $1`,
    [rootId, accountId, jobId, requestsBefore, pagesBefore, recordsBefore],
  );
  return rows[0] ?? { requests: 0, pages: 0, records: 0, numberSent: null };
}
