import type { Queryable } from '../pool.ts';
import { type RunCounts, readRunCounts } from '../ledger/run-log.ts';
import { processLockClass } from '../session.ts';

export interface GateStatus {
  readonly state: 'open' | 'closed';
  readonly systemStatus: string;
  readonly reason: string | null;
  readonly closedAt: Date | null;
  readonly nextCheckAt: Date | null;
}

export interface RunStatus extends RunCounts {
  readonly runId: number;
  readonly kind: string;
  /** Null while it runs. */
  readonly outcome: string | null;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
}

export interface AliveProcess {
  readonly processId: number;
  readonly command: string;
  readonly host: string;
  readonly pid: number;
  readonly startedAt: Date;
}

// A week of nights at a glance.
const runsShown = 5;

/** The global status container: whether requests may leave. */
export async function readGate(database: Queryable): Promise<GateStatus> {
  const { rows } = await database.query<GateStatus>(
    `select gate as state, system_status as "systemStatus", reason, closed_at as "closedAt",
            next_check_at as "nextCheckAt"
     from pipeline.system_status`,
  );
  const gate = rows[0] ?? {
    state: 'open',
    systemStatus: 'OK',
    reason: null,
    closedAt: null,
    nextCheckAt: null,
  };
  return gate.state === 'closed' ? gate : { ...gate, reason: null, closedAt: null, nextCheckAt: null };
}

/** The last runs with what each has done, the latest first. */
export async function readRecentRuns(database: Queryable): Promise<RunStatus[]> {
  const { rows } = await database.query<Omit<RunStatus, keyof RunCounts> & { eventTypes: string[] }>(
    `select run_id as "runId", kind, outcome, started_at as "startedAt", finished_at as "finishedAt",
            event_types as "eventTypes"
     from pipeline.runs order by run_id desc limit ${runsShown}`,
  );
  return Promise.all(
    rows.map(async ({ eventTypes, ...run }) => ({
      ...run,
      ...(await readRunCounts(database, run.runId, eventTypes)),
    })),
  );
}

/** Processes whose advisory lock is held: a killed one is gone at once. */
export async function readAliveProcesses(database: Queryable): Promise<AliveProcess[]> {
  const { rows } = await database.query<AliveProcess>(
    `select process_id as "processId", command, host, pid, started_at as "startedAt"
     from pipeline.processes
     where ended_at is null and exists (
       select from pg_locks
       where locktype = 'advisory' and objsubid = 2 and granted
         and database = (select oid from pg_database where datname = current_database())
         and classid = $1::int::oid and objid = process_id::oid)
     order by process_id`,
    [processLockClass],
  );
  return rows;
}
