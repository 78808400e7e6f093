import type pg from 'pg';
import { eventTypeNames } from '../../events/catalog.ts';
import { type Queryable, storeErrorFrom } from '../pool.ts';
import {
  type AliveProcess,
  type GateStatus,
  readAliveProcesses,
  readGate,
  readRecentRuns,
  type RunStatus,
} from './operations.ts';

/** Where one event type of one account stands. */
export interface EventTypeStatus {
  readonly accountId: number;
  readonly eventType: string;
  /** Every event of an open job before this instant is in; null where no job is open. */
  readonly watermark: Date | null;
  readonly lagSeconds: number | null;
  readonly checkpoints: { readonly open: number; readonly complete: number; readonly closed: number };
  readonly openTasks: number;
  readonly parkedTasks: number;
  readonly rejectedRecords: number;
}

export interface AccountStatus {
  readonly accountId: number;
  readonly state: string;
  readonly refusedReason: string | null;
  readonly jobsDiscoveredUntil: Date | null;
}

export interface StatusReport {
  readonly reportedAt: Date;
  readonly accounts: readonly AccountStatus[];
  readonly eventTypes: readonly EventTypeStatus[];
  readonly gate: GateStatus;
  /** The latest first. */
  readonly runs: readonly RunStatus[];
  readonly processes: readonly AliveProcess[];
}

/**
 * Where everything stands: what `status`, the status page and the metrics show.
 *
 * Reads checkpoints, the unsettled and parked part of the ledger and the last runs, never its history.
 *
 * @throws {StoreUnavailableError} when the database cannot be reached.
 */
export async function readStatusReport(pool: pg.Pool, now: Date): Promise<StatusReport> {
  try {
    const [accounts, eventTypes, gate, runs, processes] = await Promise.all([
      readAccounts(pool),
      readEventTypes(pool, now),
      readGate(pool),
      readRecentRuns(pool),
      readAliveProcesses(pool),
    ]);
    return { reportedAt: now, accounts, eventTypes, gate, runs, processes };
  } catch (error) {
    throw storeErrorFrom(error);
  }
}

/** Whether any run ever began. */
export function isUntouched(report: StatusReport): boolean {
  return report.runs.length === 0 && report.eventTypes.length === 0;
}

async function readAccounts(database: Queryable): Promise<AccountStatus[]> {
  const { rows } = await database.query<AccountStatus>(
    `select account_id as "accountId", state, refused_reason as "refusedReason",
            jobs_discovered_until as "jobsDiscoveredUntil"
     from pipeline.accounts order by account_id`,
  );
  return rows;
}

type EventTypeRow = Omit<EventTypeStatus, 'checkpoints' | 'lagSeconds'> & EventTypeStatus['checkpoints'];

async function readEventTypes(database: Queryable, now: Date): Promise<EventTypeStatus[]> {
  // A job that was never read owes everything since it was made; before that it has no events.
  // Checkpoints are counted in the index checkpoints_state, and only the open ones are read. Open and parked
  // tasks come from extract_tasks_unsettled and extract_tasks_parked, rejected records from
  // rejected_records_once.
  const { rows } = await database.query<EventTypeRow>(
    `with counted as (
       select account_id, event_type,
              count(*) filter (where state = 'open') as open,
              count(*) filter (where state = 'complete') as complete,
              count(*) filter (where state = 'closed') as closed
       from pipeline.checkpoints group by account_id, event_type),
     behind as (
       select account_id, event_type,
              min(coalesce(mark.watermark, mark.covered_from,
                           (select least(job.created_at, job.scheduled_at) from tracking.jobs as job
                            where job.account_id = mark.account_id and job.job_id = mark.job_id))) as watermark
       from pipeline.checkpoints as mark where state = 'open' group by account_id, event_type),
     progress as (
       select account_id, event_type, watermark, open, complete, closed
       from counted left join behind using (account_id, event_type)),
     waiting as (
       select account_id, event_type, count(*) as tasks from pipeline.extract_tasks
       where settled_at is null and state in ('planned', 'running', 'interrupted') group by account_id, event_type),
     parked as (
       select account_id, event_type, count(*) as tasks from pipeline.extract_tasks
       where state = 'parked' group by account_id, event_type),
     rejected as (
       select account_id, event_type, count(*) as records from pipeline.rejected_records
       group by account_id, event_type)
     select account_id as "accountId", event_type as "eventType", watermark,
            coalesce(open, 0)::int as open, coalesce(complete, 0)::int as complete, coalesce(closed, 0)::int as closed,
            coalesce(waiting.tasks, 0) as "openTasks", coalesce(parked.tasks, 0) as "parkedTasks",
            coalesce(rejected.records, 0) as "rejectedRecords"
     from progress
     full join waiting using (account_id, event_type)
     full join parked using (account_id, event_type)
     full join rejected using (account_id, event_type)
     order by account_id, array_position($1::text[], event_type) nulls last, event_type`,
    [eventTypeNames],
  );
  return rows.map(({ open, complete, closed, ...row }) => ({
    ...row,
    lagSeconds:
      row.watermark === null
        ? null
        : Math.max(0, Math.round((now.getTime() - row.watermark.getTime()) / 1000)),
    checkpoints: { open, complete, closed },
  }));
}
