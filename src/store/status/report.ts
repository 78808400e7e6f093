import { readStepRecords, type StepRecord } from '../housekeeping.ts';
import { readUnavailable, type UnavailableEventType } from '../planning/unavailable.ts';
import { type Pool, storeErrorFrom } from '../connection/pool.ts';
import { type AccountStatus, readAccounts } from './accounts.ts';
import { type AllowanceStatus, readAllowance } from './allowance.ts';
import { type Completeness, summarizeCompleteness } from './coverage/completeness.ts';
import { type DeficitStatus, readDeficits } from './coverage/deficits.ts';
import { type DimensionStatus, readDimensions } from './coverage/dimensions.ts';
import { type EventTypeStatus, readEventTypes } from './coverage/event-types.ts';
import { type GateStatus, readGate } from './gate.ts';
import { findOverdue, type Overdue } from './runs/overdue.ts';
import { type AliveProcess, readAliveProcesses } from './runs/processes.ts';
import { type LastCompleted, readLastCompleted, readRecentRuns, type RunStatus } from './runs/runs.ts';
import { readInstalledAt, readSchedules, type ServedSchedule } from './runs/schedule.ts';
import { readTails, type TailOff, type TailStatus } from './coverage/tails.ts';

/** The schedule while a process serves it. */
export type ScheduleStatus = Pick<ServedSchedule, 'expression' | 'timeZone' | 'nextTickAt'>;

export interface StatusReport {
  readonly reportedAt: Date;
  readonly completeness: Completeness;
  /** Null while data are not overdue. */
  readonly overdue: Overdue | null;
  /** The one that ticks next; null where no process serves a schedule. */
  readonly schedule: ScheduleStatus | null;
  /** All that are served: more than one where processes have different settings. */
  readonly schedules: readonly ScheduleStatus[];
  readonly allowance: AllowanceStatus;
  readonly lastCompleted: LastCompleted;
  readonly accounts: readonly AccountStatus[];
  readonly eventTypes: readonly EventTypeStatus[];
  /** Event types whose feature an account lacks. */
  readonly notAvailable: readonly UnavailableEventType[];
  /** By which filter old jobs are read. */
  readonly tails: readonly TailStatus[];
  /** Accounts whose tail had missed events, and is read job by job therefore. */
  readonly tailsOff: readonly TailOff[];
  readonly dimensions: readonly DimensionStatus[];
  readonly gate: GateStatus;
  /** The latest first. */
  readonly runs: readonly RunStatus[];
  readonly processes: readonly AliveProcess[];
  readonly housekeeping: readonly StepRecord[];
  /** Jobs with events missing beyond tolerance, by account. */
  readonly deficits: readonly DeficitStatus[];
}

export interface ReportOptions {
  /** How long data may go without a completed sync; undefined: as the processes say that serve a schedule. */
  readonly readyAfterMs?: number | undefined;
  /** Requests that the contract allows in a year. */
  readonly yearlyCalls?: number;
}

/** The allowance of the smallest edition, as in the settings. */
const usualYearlyCalls = 2_000_000;

/**
 * Where everything stands: what `status`, the status page, the metrics and the probes show.
 *
 * Reads checkpoints, the unsettled and parked part of the ledger and the last runs, never its history.
 *
 * @throws {StoreUnavailableError} when the database cannot be reached.
 */
export async function readStatusReport(
  pool: Pool,
  now: Date,
  options: ReportOptions = {},
): Promise<StatusReport> {
  try {
    return await readReport(pool, now, options);
  } catch (error) {
    throw storeErrorFrom(error);
  }
}

async function readReport(
  pool: Pool,
  now: Date,
  { readyAfterMs, yearlyCalls = usualYearlyCalls }: ReportOptions,
): Promise<StatusReport> {
  const [eventTypes, lastCompleted, recorded, installedAt, accounts, gate, runs, processes, ...others] =
    await Promise.all([
      readEventTypes(pool, now),
      readLastCompleted(pool),
      readSchedules(pool),
      readInstalledAt(pool),
      readAccounts(pool),
      readGate(pool),
      readRecentRuns(pool),
      readAliveProcesses(pool),
      readUnavailable(pool),
      readStepRecords(pool),
      readDimensions(pool),
      readDeficits(pool),
      readAllowance(pool, now, yearlyCalls),
      readTails(pool),
    ]);
  const [notAvailable, housekeeping, dimensions, deficits, allowance, tails] = others;
  const served = recorded.filter(({ processId }) => processes.some((one) => one.processId === processId));
  const schedules = schedulesOf(served);
  const lastCompletedAt = lastCompleted.sync?.finishedAt ?? null;
  const waitsFor = readyAfterMs ?? shortest(served, recorded);
  const history = { lastCompletedAt, installedAt, readyAfterMs: waitsFor };
  return {
    reportedAt: now,
    completeness: summarizeCompleteness(eventTypes.filter((row) => !isAmong(notAvailable, row))),
    overdue: findOverdue(history, now),
    schedule: schedules[0] ?? null,
    schedules,
    allowance,
    lastCompleted,
    accounts,
    eventTypes,
    notAvailable,
    ...tails,
    dimensions,
    gate,
    runs,
    processes,
    housekeeping,
    deficits,
  };
}

/** Whether any run ever began. */
export function isUntouched(report: StatusReport): boolean {
  return report.runs.length === 0 && report.eventTypes.length === 0;
}

/** A type that the account lacks has no events to wait for. */
function isAmong(notAvailable: readonly UnavailableEventType[], row: EventTypeStatus): boolean {
  return notAvailable.some((one) => one.accountId === row.accountId && one.eventType === row.eventType);
}

/** Different schedules, the one that ticks next first. */
function schedulesOf(served: readonly ServedSchedule[]): ScheduleStatus[] {
  const byTick = served.toSorted((one, other) => tickMs(one) - tickMs(other));
  const schedules = new Map<string, ScheduleStatus>();
  for (const { expression, timeZone, nextTickAt } of byTick) {
    const key = `${expression} ${timeZone}`;
    if (!schedules.has(key)) schedules.set(key, { expression, timeZone, nextTickAt });
  }
  return [...schedules.values()];
}

function tickMs({ nextTickAt }: ServedSchedule): number {
  return nextTickAt?.getTime() ?? Infinity;
}

/** A schedule whose process is gone starts nothing, but data are still overdue by it. */
function shortest(
  served: readonly ServedSchedule[],
  recorded: readonly ServedSchedule[],
): number | undefined {
  const counted = served.length > 0 ? served : recorded.slice(0, 1);
  return counted.length === 0 ? undefined : Math.min(...counted.map(({ readyAfterMs }) => readyAfterMs));
}
