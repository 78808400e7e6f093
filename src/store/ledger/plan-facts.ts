import type { Queryable } from '../pool.ts';
import type { TaskOrigin, Window } from './task-ledger.ts';

/** What planning needs to know of a job. */
export interface JobFacts {
  readonly accountId: number;
  readonly jobId: number;
  readonly createdAt: Date | null;
  readonly scheduledAt: Date | null;
  readonly sentAt: Date | null;
  readonly lastEventAt: Date | null;
  readonly firstSeenAt: Date;
  readonly status: string | null;
  readonly isTriggered: boolean;
  /** Its triggered send definition is Active. */
  readonly isDefinitionActive: boolean;
  readonly numberSent: number | null;
  readonly countersAt: Date | null;
  /** Sent events in the table; null where they were not counted. */
  readonly sentLoaded: number | null;
}

export interface CheckpointFacts {
  readonly eventType: string;
  readonly state: 'open' | 'complete' | 'closed';
  readonly coveredFrom: Date | null;
  readonly coveredTo: Date | null;
  readonly wholeReadAt: Date | null;
  readonly askedAt: Date | null;
  readonly lastRecords: number;
  readonly lastWindowSeconds: number;
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

interface JobRow {
  account_id: number;
  job_id: number;
  created_at: Date | null;
  scheduled_at: Date | null;
  sent_at: Date | null;
  last_event_at: Date | null;
  first_seen_at: Date;
  status: string | null;
  is_triggered: boolean;
  is_definition_active: boolean;
  number_sent: number | null;
  counters_at: Date | null;
}

interface CheckpointRow {
  job_id: number;
  event_type: string;
  state: 'open' | 'complete' | 'closed';
  covered_from: Date | null;
  covered_to: Date | null;
  whole_read_at: Date | null;
  asked_at: Date | null;
  last_records: number;
  last_window_seconds: number;
}

interface LedgerRow {
  job_id: number;
  event_type: string;
  origin: TaskOrigin;
  is_parked: boolean;
  window_from: Date;
  window_to: Date;
}

/** Jobs planned at once, so that memory does not grow with the account. */
const jobsPerPage = 1000;

export interface PlanScope {
  accountId: number;
  eventTypes: readonly string[];
  /** Only these jobs; undefined: all. */
  jobIds?: readonly number[] | undefined;
  /** Only jobs from this instant on, by their earliest date; the source keeps nothing older. */
  since: Date;
}

/** Everything a plan is made from, a page of jobs at a time, by job id. */
export async function* readPlanFacts(database: Queryable, scope: PlanScope): AsyncGenerator<PlanFacts[]> {
  for await (const jobs of readJobs(database, scope)) {
    const jobIds = jobs.map(({ jobId }) => jobId);
    const checkpoints = Map.groupBy(await readCheckpoints(database, scope, jobIds), (row) => row.job_id);
    const ledger = Map.groupBy(await readLedger(database, scope, jobIds), (row) => row.job_id);
    yield jobs.map((job) => ({
      job,
      checkpoints: (checkpoints.get(job.jobId) ?? []).map(checkpointFacts),
      ledger: (ledger.get(job.jobId) ?? []).map(ledgerFacts),
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
  { accountId, since }: PlanScope,
  after: number,
  named: readonly number[] | undefined,
): Promise<JobFacts[]> {
  const { rows } = await database.query<JobRow>(
    `select job.account_id, job.job_id, job.created_at, job.scheduled_at, job.sent_at, job.last_event_at,
            job.first_seen_at, job.status, job.is_triggered, job.number_sent, job.counters_at,
            coalesce(definition.status = 'Active', false) as is_definition_active
     from tracking.jobs as job
     left join tracking.triggered_sends as definition
       on definition.account_id = job.account_id and definition.triggered_send_id = job.triggered_send_id
     where job.account_id = $1 and ${named === undefined ? 'job.job_id > $2' : 'job.job_id = any($2)'}
       and greatest(job.created_at, job.scheduled_at, job.sent_at, job.last_event_at, job.first_seen_at) >= $3
     order by job.job_id
     limit ${jobsPerPage}`,
    [accountId, named ?? after, since],
  );
  return rows.map((row) => ({
    accountId: row.account_id,
    jobId: row.job_id,
    createdAt: row.created_at,
    scheduledAt: row.scheduled_at,
    sentAt: row.sent_at,
    lastEventAt: row.last_event_at,
    firstSeenAt: row.first_seen_at,
    status: row.status,
    isTriggered: row.is_triggered,
    isDefinitionActive: row.is_definition_active,
    numberSent: row.number_sent,
    countersAt: row.counters_at,
    sentLoaded: null,
  }));
}

async function readCheckpoints(
  database: Queryable,
  scope: PlanScope,
  jobIds: number[],
): Promise<CheckpointRow[]> {
  const { rows } = await database.query<CheckpointRow>(
    `select job_id, event_type, state, covered_from, covered_to, whole_read_at, asked_at,
            last_records, last_window_seconds
     from pipeline.checkpoints
     where account_id = $1 and job_id = any($2) and event_type = any($3)`,
    [scope.accountId, jobIds, scope.eventTypes],
  );
  return rows;
}

async function readLedger(database: Queryable, scope: PlanScope, jobIds: number[]): Promise<LedgerRow[]> {
  const { rows } = await database.query<LedgerRow>(
    `select job_id, event_type, origin, state = 'parked' as is_parked, window_from, window_to
     from pipeline.extract_tasks
     where account_id = $1 and job_id = any($2) and event_type = any($3)
       and (settled_at is null or state = 'parked')`,
    [scope.accountId, jobIds, scope.eventTypes],
  );
  return rows;
}

function checkpointFacts(row: CheckpointRow): CheckpointFacts {
  return {
    eventType: row.event_type,
    state: row.state,
    coveredFrom: row.covered_from,
    coveredTo: row.covered_to,
    wholeReadAt: row.whole_read_at,
    askedAt: row.asked_at,
    lastRecords: row.last_records,
    lastWindowSeconds: row.last_window_seconds,
  };
}

function ledgerFacts(row: LedgerRow): LedgerFacts {
  return {
    eventType: row.event_type,
    origin: row.origin,
    isParked: row.is_parked,
    window: { from: row.window_from, to: row.window_to },
  };
}
