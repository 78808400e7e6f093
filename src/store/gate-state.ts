import type { Queryable } from './pool.ts';

/** The global status container: one row that all processes share. */
export interface GateState {
  readonly isOpen: boolean;
  readonly systemStatus: string;
  readonly reason: string | null;
  readonly closedAt: Date | null;
  readonly openedAt: Date | null;
  readonly nextCheckAt: Date | null;
  readonly failedChecks: number;
  /** A status call is on its way. */
  readonly isBeingAsked: boolean;
}

interface GateRow {
  gate: 'open' | 'closed';
  system_status: string;
  reason: string | null;
  closed_at: Date | null;
  opened_at: Date | null;
  next_check_at: Date | null;
  failed_checks: number;
  is_being_asked: boolean;
}

export async function readGate(database: Queryable): Promise<GateState> {
  const { rows } = await database.query<GateRow>(
    `select gate, system_status, reason, closed_at, opened_at, next_check_at, failed_checks,
            coalesce(updated_at <= asked_at, false) as is_being_asked -- what it was told is written after
     from pipeline.system_status`,
  );
  const row = rows[0];
  return {
    isOpen: row?.gate !== 'closed',
    systemStatus: row?.system_status ?? 'OK',
    reason: row?.reason ?? null,
    closedAt: row?.closed_at ?? null,
    openedAt: row?.opened_at ?? null,
    nextCheckAt: row?.next_check_at ?? null,
    failedChecks: row?.failed_checks ?? 0,
    isBeingAsked: row?.is_being_asked ?? false,
  };
}

/** Claims the right to ask GetSystemStatus after a failure: one process wins, at most once in `intervalMs`. */
export async function claimCheckAfterFailure(database: Queryable, intervalMs: number): Promise<boolean> {
  const { rowCount } = await database.query(
    `update pipeline.system_status set asked_at = clock_timestamp(), updated_at = now()
     where gate = 'open' and (asked_at is null or asked_at < clock_timestamp() - make_interval(secs => $1))`,
    [intervalMs / 1000],
  );
  return rowCount === 1;
}

/** Claims the scheduled check of a closed gate, and sets the time of the next. */
export async function claimScheduledCheck(database: Queryable, pollMs: number): Promise<boolean> {
  const { rowCount } = await database.query(
    `update pipeline.system_status
     set asked_at = clock_timestamp(), next_check_at = clock_timestamp() + make_interval(secs => $1), updated_at = now()
     where gate = 'closed' and next_check_at <= clock_timestamp()`,
    [pollMs / 1000],
  );
  return rowCount === 1;
}

/** Closes the gate, or keeps it closed with what was said last. */
export async function closeGate(
  database: Queryable,
  finding: { systemStatus: string; reason: string; pollMs: number },
): Promise<void> {
  await database.query(
    `update pipeline.system_status
     set gate = 'closed', system_status = $1, reason = $2, failed_checks = 0,
         closed_at = case when gate = 'closed' then closed_at else now() end,
         next_check_at = clock_timestamp() + make_interval(secs => $3), updated_at = now()`,
    [finding.systemStatus, finding.reason, finding.pollMs / 1000],
  );
}

/** Marketing Cloud said that all is well: opens the gate if it was closed. */
export async function openGate(database: Queryable): Promise<void> {
  await database.query(
    `update pipeline.system_status
     set opened_at = case when gate = 'closed' then now() else opened_at end,
         gate = 'open', system_status = 'OK', reason = null, closed_at = null, next_check_at = null,
         failed_checks = 0, updated_at = now()`,
  );
}

/** The status call itself failed; answers how often in a row. */
export async function countFailedCheck(database: Queryable): Promise<number> {
  const { rows } = await database.query<{ failed_checks: number }>(
    `update pipeline.system_status set failed_checks = failed_checks + 1, updated_at = now() returning failed_checks`,
  );
  return rows[0]?.failed_checks ?? 0;
}
