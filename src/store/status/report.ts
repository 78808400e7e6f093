import { readStepRecords, type StepRecord } from '../housekeeping.ts';
import { readUnavailable, type UnavailableEventType } from '../planning/unavailable.ts';
import { type Pool, storeErrorFrom } from '../connection/pool.ts';
import { type AccountStatus, readAccounts } from './accounts.ts';
import { type Completeness, summarizeCompleteness } from './completeness.ts';
import { type DeficitStatus, readDeficits } from './deficits.ts';
import { type DimensionStatus, readDimensions } from './dimensions.ts';
import { type EventTypeStatus, readEventTypes } from './event-types.ts';
import { type GateStatus, readGate } from './gate.ts';
import { findOverdue, type Overdue } from './overdue.ts';
import { type AliveProcess, readAliveProcesses } from './processes.ts';
import { type LastCompleted, readLastCompleted, readRecentRuns, type RunStatus } from './runs.ts';
import { readInstalledAt, readSchedule, type ServedSchedule } from './schedule.ts';

/** The schedule while a process serves it. */
export type ScheduleStatus = Pick<ServedSchedule, 'expression' | 'timeZone' | 'nextTickAt'>;

export interface StatusReport {
  readonly reportedAt: Date;
  readonly completeness: Completeness;
  /** Null while data are not overdue. */
  readonly overdue: Overdue | null;
  /** Null where no process serves a schedule. */
  readonly schedule: ScheduleStatus | null;
  readonly lastCompleted: LastCompleted;
  readonly accounts: readonly AccountStatus[];
  readonly eventTypes: readonly EventTypeStatus[];
  /** Event types whose feature an account lacks. */
  readonly notAvailable: readonly UnavailableEventType[];
  readonly dimensions: readonly DimensionStatus[];
  readonly gate: GateStatus;
  /** The latest first. */
  readonly runs: readonly RunStatus[];
  readonly processes: readonly AliveProcess[];
  readonly housekeeping: readonly StepRecord[];
  /** Jobs with events missing beyond tolerance, by account. */
  readonly deficits: readonly DeficitStatus[];
}

/**
 * Where everything stands: what `status`, the status page, the metrics and the probes show.
 *
 * Reads checkpoints, the unsettled and parked part of the ledger and the last runs, never its history.
 * `readyAfterMs` is how long data may go without a completed sync; where it is not given, what the process
 * that serves the schedule has written is used.
 *
 * @throws {StoreUnavailableError} when the database cannot be reached.
 */
export async function readStatusReport(pool: Pool, now: Date, readyAfterMs?: number): Promise<StatusReport> {
  try {
    const [eventTypes, lastCompleted, schedule, installedAt, accounts, gate, runs, processes, ...others] =
      await Promise.all([
        readEventTypes(pool, now),
        readLastCompleted(pool),
        readSchedule(pool),
        readInstalledAt(pool),
        readAccounts(pool),
        readGate(pool),
        readRecentRuns(pool),
        readAliveProcesses(pool),
        readUnavailable(pool),
        readStepRecords(pool),
        readDimensions(pool),
        readDeficits(pool),
      ]);
    const [notAvailable, housekeeping, dimensions, deficits] = others;
    const lastCompletedAt = lastCompleted.sync?.finishedAt ?? null;
    const history = {
      lastCompletedAt,
      installedAt,
      readyAfterMs: readyAfterMs ?? schedule?.readyAfterMs,
    };
    return {
      reportedAt: now,
      completeness: summarizeCompleteness(eventTypes.filter((row) => !isAmong(notAvailable, row))),
      overdue: findOverdue(history, now),
      schedule: scheduleOf(schedule, processes),
      lastCompleted,
      accounts,
      eventTypes,
      notAvailable,
      dimensions,
      gate,
      runs,
      processes,
      housekeeping,
      deficits,
    };
  } catch (error) {
    throw storeErrorFrom(error);
  }
}

/** Whether any run ever began. */
export function isUntouched(report: StatusReport): boolean {
  return report.runs.length === 0 && report.eventTypes.length === 0;
}

/** A type that the account lacks has no events to wait for. */
function isAmong(notAvailable: readonly UnavailableEventType[], row: EventTypeStatus): boolean {
  return notAvailable.some((one) => one.accountId === row.accountId && one.eventType === row.eventType);
}

/** A schedule whose process is gone starts nothing. */
function scheduleOf(
  schedule: ServedSchedule | null,
  processes: readonly AliveProcess[],
): ScheduleStatus | null {
  if (schedule === null || !processes.some(({ processId }) => processId === schedule.processId)) return null;
  const { expression, timeZone, nextTickAt } = schedule;
  return { expression, timeZone, nextTickAt };
}
