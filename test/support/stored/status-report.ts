import type { EventTypeStatus } from '../../../src/store/status/coverage/event-types.ts';
import type { Overview } from '../../../src/store/status/overview.ts';
import type { StatusReport } from '../../../src/store/status/report.ts';

export const reportedAt = new Date('2026-07-02T02:00:00Z');

/** One event type of one account that is complete but for the last two hours, unless it says otherwise. */
export function eventTypeStatus(changes: Partial<EventTypeStatus> = {}): EventTypeStatus {
  return {
    ...{ accountId: 7_000_001, eventType: 'open' },
    ...{ completeTo: new Date('2026-07-02T00:00:00Z'), watermark: new Date('2026-07-02T00:00:00Z') },
    ...{ holes: 0, lagSeconds: 7200, checkpoints: { open: 3, complete: 0, closed: 1 } },
    ...{ openTasks: 0, parkedTasks: 0, rejectedRecords: 0 },
    ...changes,
  };
}

/** How the tail of one event type of one account is read: by date, unless it says otherwise. */
export function tailStatus(
  changes: Partial<StatusReport['tails'][number]> = {},
): StatusReport['tails'][number] {
  return {
    ...{ accountId: 7_000_001, eventType: 'open', rung: 2 },
    ...{ windowFrom: new Date('2026-07-01T00:00:00Z'), coveredTo: new Date('2026-07-02T00:00:00Z') },
    ...{ completedAt: new Date('2026-07-02T00:10:00Z'), widthSeconds: null, jobsCatchingUp: 0, failures: [] },
    ...changes,
  };
}

/** The report of a night when all went well, unless it says otherwise. */
export function statusReport(changes: Partial<StatusReport> = {}): StatusReport {
  const eventTypes = [eventTypeStatus()];
  const finishedAt = new Date('2026-07-02T00:20:00Z');
  const startedAt = new Date('2026-07-02T00:15:00Z');
  const schedule = {
    expression: '15 0 * * *',
    timeZone: 'UTC',
    nextTickAt: new Date('2026-07-03T00:15:00Z'),
  };
  return {
    reportedAt,
    completeness: {
      completeTo: new Date('2026-07-02T00:00:00Z'),
      holes: 0,
      accountIds: [7_000_001],
      eventTypes: ['open'],
      incomplete: [],
    },
    overdue: null,
    schedule,
    schedules: [schedule],
    allowance: {
      ...{ yearlyCalls: 2_000_000, requestsToday: 40, requestsInThirtyDays: 1200, requestsInYear: 3000 },
      ...{ share: 0.0015, countedSince: '2026-06-01', accounts: [] },
    },
    lastCompleted: { sync: { runId: 7, outcome: 'completed', startedAt, finishedAt }, backfill: null },
    accounts: [],
    eventTypes,
    notAvailable: [],
    tails: [],
    tailsOff: [],
    dimensions: [],
    gate: {
      ...{ state: 'open', systemStatus: 'OK', reason: null },
      ...{ closedAt: null, openedAt: null, nextCheckAt: null },
    },
    runs: [],
    processes: [],
    housekeeping: [],
    deficits: [],
    ...changes,
  };
}

/** What the status page shows of a report, with nothing beside it. */
export function overviewOf(report: StatusReport): Overview {
  const trends = {
    ...{
      timeZone: 'UTC',
      perDay: [],
      loadedPerHour: [],
      samples: [],
      gateChanges: [],
    },
    ...{ firstDay: '2026-06-03', lastDay: '2026-07-02' },
    ...{ firstHour: '2026-06-30T03:00:00.000Z', lastHour: '2026-07-02T02:00:00.000Z' },
  };
  return { ...report, progress: {}, parked: [], rejected: [], jobs: [], trends };
}
