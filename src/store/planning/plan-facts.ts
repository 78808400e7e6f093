import type { Queryable } from '../connection/pool.ts';
import { type JobActivity, jobActiveAt, jobIsKeptOpen, jobIsYoung, joinDefinition } from './open-jobs.ts';
import type { TaskOrigin, Window } from '../ledger/task-ledger.ts';

/** What planning needs to know of a job. */
export interface JobFacts extends JobActivity {
  readonly accountId: number;
  readonly jobId: number;
  readonly createdAt: Date | null;
  readonly scheduledAt: Date | null;
  readonly sentAt: Date | null;
  readonly status: string | null;
  readonly isTriggered: boolean;
  readonly numberSent: number | null;
  readonly countersAt: Date | null;
  /** The tail leaves it to reading by JobID; looked up where the scope says since when. */
  readonly isYoung?: boolean;
  readonly triggeredSendId?: string | null;
}

export interface CheckpointFacts {
  readonly eventType: string;
  readonly state: 'open' | 'complete' | 'closed';
  readonly coveredFrom: Date | null;
  readonly coveredTo: Date | null;
  readonly fullReadAt: Date | null;
  /** When Marketing Cloud was last found to count more of these events; null: never, or they are loaded since. */
  readonly deficitFoundAt: Date | null;
  readonly askedAt: Date | null;
  readonly lastRecords: number;
  readonly lastWindowSeconds: number;
  /** Events of the type in its table; null where they were not counted. */
  readonly eventsLoaded: number | null;
}

/** A window of the ledger that a plan has to work around. */
export interface LedgerFacts {
  readonly eventType: string;
  readonly origin: TaskOrigin;
  readonly isParked: boolean;
  readonly window: Window;
}

export interface PlanFacts {
  readonly job: JobFacts;
  readonly checkpoints: readonly CheckpointFacts[];
  readonly ledger: readonly LedgerFacts[];
}

/** Jobs planned at once, so that memory does not grow with the account. */
const jobsPerPage = 1000;

export interface PlanScope {
  accountId: number;
  eventTypes: readonly string[];
  /** Only these jobs; undefined: all. */
  jobIds?: readonly number[] | undefined;
  /** Only jobs whose latest date is not before this instant; the source keeps nothing older. */
  since: Date;
  /** A job that was sent since is young. */
  youngSince?: Date | undefined;
}

/** Everything a plan is made from, a page of jobs at a time, by job id. */
export async function* readPlanFacts(database: Queryable, scope: PlanScope): AsyncGenerator<PlanFacts[]> {
  for await (const jobs of readJobs(database, scope)) {
    const jobIds = jobs.map(({ jobId }) => jobId);
    const checkpoints = Map.groupBy(await readCheckpoints(database, scope, jobIds), ({ jobId }) => jobId);
    const ledger = Map.groupBy(await readLedger(database, scope, jobIds), ({ jobId }) => jobId);
    yield jobs.map((job) => ({
      job,
      checkpoints: checkpoints.get(job.jobId) ?? [],
      ledger: (ledger.get(job.jobId) ?? []).map(({ from, to, ...task }) => ({
        ...task,
        window: { from, to },
      })),
    }));
  }
}

async function* readJobs(database: Queryable, scope: PlanScope): AsyncGenerator<JobFacts[]> {
  const named = scope.jobIds?.toSorted((one, other) => one - other);
  let first = 0;
  let after = -1;
  while (named === undefined || first < named.length) {
    const jobs = await readJobPage(database, scope, after, named?.slice(first, first + jobsPerPage));
    if (jobs.length > 0) yield jobs;
    first += jobsPerPage;
    after = jobs.at(-1)?.jobId ?? after;
    if (named === undefined && jobs.length < jobsPerPage) return;
  }
}

async function readJobPage(
  database: Queryable,
  { accountId, since, youngSince }: PlanScope,
  after: number,
  named: readonly number[] | undefined,
): Promise<JobFacts[]> {
  const { rows } = await database.query<JobFacts>(
    `select job.account_id as "accountId", job.job_id as "jobId", job.created_at as "createdAt",
            job.scheduled_at as "scheduledAt", job.sent_at as "sentAt", job.status,
            job.is_triggered as "isTriggered", job.number_sent as "numberSent", job.counters_at as "countersAt",
            ${jobActiveAt} as "activeAt", ${jobIsKeptOpen} as "isKeptOpen", ${jobIsYoung('$4')} as "isYoung",
            job.triggered_send_id::text as "triggeredSendId"
     from tracking.jobs as job ${joinDefinition}
     where job.account_id = $1 and ${named === undefined ? 'job.job_id > $2' : 'job.job_id = any($2)'}
       and greatest(job.created_at, job.scheduled_at, job.sent_at, job.last_event_at, job.first_seen_at) >= $3
     order by job.job_id
     limit ${jobsPerPage}`,
    [accountId, named ?? after, since, youngSince ?? null],
  );
  return rows;
}

async function readCheckpoints(
  database: Queryable,
  scope: PlanScope,
  jobIds: readonly number[],
): Promise<(CheckpointFacts & { readonly jobId: number })[]> {
  const { rows } = await database.query<CheckpointFacts & { readonly jobId: number }>(
    `select job_id as "jobId", event_type as "eventType", state, covered_from as "coveredFrom",
            covered_to as "coveredTo", full_read_at as "fullReadAt", asked_at as "askedAt",
            last_records as "lastRecords", last_window_seconds as "lastWindowSeconds",
            deficit.found_at as "deficitFoundAt", null::bigint as "eventsLoaded"
     from pipeline.checkpoints
     left join pipeline.deficits as deficit using (account_id, job_id, event_type)
     where account_id = $1 and job_id = any($2) and event_type = any($3)`,
    [scope.accountId, jobIds, scope.eventTypes],
  );
  return rows;
}

interface LedgerRow extends Omit<LedgerFacts, 'window'>, Window {
  readonly jobId: number;
}

async function readLedger(
  database: Queryable,
  scope: PlanScope,
  jobIds: readonly number[],
): Promise<LedgerRow[]> {
  const { rows } = await database.query<LedgerRow>(
    `select job_id as "jobId", event_type as "eventType", origin, state = 'parked' as "isParked",
            window_from as "from", window_to as "to"
     from pipeline.extract_tasks
     where account_id = $1 and job_id = any($2) and event_type = any($3)
       and (settled_at is null or state = 'parked')`,
    [scope.accountId, jobIds, scope.eventTypes],
  );
  return rows;
}
