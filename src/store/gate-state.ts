import { StoreRejectedError } from '../errors.ts';
import type { Queryable } from './connection/pool.ts';

/** The gate: one row that all processes share. */
export interface GateState {
  readonly isOpen: boolean;
  readonly systemStatus: string;
  readonly reason: string | null;
  readonly closedAt: Date | null;
  readonly openedAt: Date | null;
  readonly nextCheckAt: Date | null;
  readonly failedChecks: number;
  /** A status call was sent and its result is not written yet. */
  readonly isCheckRunning: boolean;
}

/** The system status of a gate that closed because the status calls got no response. */
export const unexplainedStatus = 'Unknown';

/** Why the gate closes, and how long until the next check. */
export interface Closure {
  readonly systemStatus: string;
  readonly reason: string;
  readonly pollMs: number;
}

/** How the gate reads and writes its state; each call is one statement. */
export interface GateStore {
  read(): Promise<GateState>;
  /** Claims the status call after a failure: one process wins, at most once in `intervalMs`. */
  claimCheckAfterFailure(intervalMs: number): Promise<boolean>;
  /** Claims the scheduled check of a closed gate, and sets the time of the next. */
  claimScheduledCheck(pollMs: number): Promise<boolean>;
  /** Closes the gate, or keeps it closed with the latest reason. */
  close(closure: Closure): Promise<void>;
  /** Marketing Cloud reported that it is available: opens the gate if it was closed. */
  open(): Promise<void>;
  /** The status call got no response; returns the number of such calls in a row. */
  countFailedCheck(): Promise<number>;
  /** The status call was refused, which says nothing of the system: the check is over. */
  noteRefusedCheck(): Promise<void>;
  /** Makes the next check of a closed gate due now, where no reported status closed it. */
  askAfresh(): Promise<void>;
}

export function createGateStore(database: Queryable): GateStore {
  return {
    read: () => readGate(database),
    claimCheckAfterFailure: (intervalMs) => claimCheckAfterFailure(database, intervalMs),
    claimScheduledCheck: (pollMs) => claimScheduledCheck(database, pollMs),
    close: (closure) => closeGate(database, closure),
    open: () => openGate(database),
    countFailedCheck: () => countFailedCheck(database),
    noteRefusedCheck: () => noteRefusedCheck(database),
    askAfresh: () => askAfresh(database),
  };
}

async function readGate(database: Queryable): Promise<GateState> {
  const { rows } = await database.query<Omit<GateState, 'isOpen'> & { gate: 'open' | 'closed' }>(
    `select gate, system_status as "systemStatus", reason, closed_at as "closedAt", opened_at as "openedAt",
            next_check_at as "nextCheckAt", failed_checks as "failedChecks",
            coalesce(updated_at <= asked_at, false) as "isCheckRunning" -- its result is written after
     from pipeline.system_status`,
  );
  const [row] = rows;
  if (row === undefined)
    throw new StoreRejectedError('pipeline.system_status has no row: run `migrate` again');
  const { gate, ...state } = row;
  return { isOpen: gate === 'open', ...state };
}

async function claimCheckAfterFailure(database: Queryable, intervalMs: number): Promise<boolean> {
  const { rowCount } = await database.query(
    `update pipeline.system_status set asked_at = clock_timestamp(), updated_at = now()
     where gate = 'open' and (asked_at is null or asked_at < clock_timestamp() - make_interval(secs => $1)
       or asked_at > clock_timestamp()) -- by a clock that was wrong`,
    [intervalMs / 1000],
  );
  return rowCount === 1;
}

async function claimScheduledCheck(database: Queryable, pollMs: number): Promise<boolean> {
  const { rowCount } = await database.query(
    `update pipeline.system_status
     set asked_at = clock_timestamp(), next_check_at = clock_timestamp() + make_interval(secs => $1), updated_at = now()
     where gate = 'closed' and (next_check_at <= clock_timestamp()
       or next_check_at > clock_timestamp() + make_interval(secs => $1::float8 + 60)) -- by a clock that was wrong`,
    [pollMs / 1000],
  );
  return rowCount === 1;
}

async function closeGate(database: Queryable, closure: Closure): Promise<void> {
  await database.query(
    `with before as materialized (select gate from pipeline.system_status for update),
          noted as (insert into pipeline.gate_changes (gate, system_status, reason)
                    select 'closed', $1, $2 from before where gate = 'open')
     update pipeline.system_status
     set gate = 'closed', system_status = $1, reason = $2, failed_checks = 0,
         closed_at = case when before.gate = 'closed' then closed_at else now() end,
         next_check_at = clock_timestamp() + make_interval(secs => $3), updated_at = now()
     from before`,
    [closure.systemStatus, closure.reason, closure.pollMs / 1000],
  );
}

async function openGate(database: Queryable): Promise<void> {
  await database.query(
    `with before as materialized (select gate from pipeline.system_status for update),
          noted as (insert into pipeline.gate_changes (gate, system_status)
                    select 'open', 'OK' from before where gate = 'closed')
     update pipeline.system_status
     set opened_at = case when before.gate = 'closed' then now() else opened_at end,
         gate = 'open', system_status = 'OK', reason = null, closed_at = null, next_check_at = null,
         failed_checks = 0, updated_at = now()
     from before`,
  );
}

async function countFailedCheck(database: Queryable): Promise<number> {
  const { rows } = await database.query<{ failed_checks: number }>(
    `update pipeline.system_status set failed_checks = failed_checks + 1, updated_at = now() returning failed_checks`,
  );
  return rows[0]?.failed_checks ?? 0;
}

async function noteRefusedCheck(database: Queryable): Promise<void> {
  await database.query('update pipeline.system_status set failed_checks = 0, updated_at = clock_timestamp()');
}

async function askAfresh(database: Queryable): Promise<void> {
  await database.query(
    `update pipeline.system_status set next_check_at = clock_timestamp()
     where gate = 'closed' and system_status = $1 and next_check_at > clock_timestamp()`,
    [unexplainedStatus],
  );
}
