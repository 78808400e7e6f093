import { Gauge, Registry } from 'prom-client';
import type { EventTypeStatus } from '../../store/status/coverage/event-types.ts';
import type { StatusReport } from '../../store/status/report.ts';

export interface StatusMetrics {
  /** Everything in Prometheus' text form. */
  render(report: StatusReport): Promise<{ type: string; body: string }>;
}

/** Gauges that follow the status report; each render sets all of them. */
export function createStatusMetrics(): StatusMetrics {
  const registry = new Registry();
  const gauges = metrics.map(({ name, help, labels = [], samples }) => ({
    samples,
    gauge: new Gauge({ name: `sfmc_tracking_${name}`, help, labelNames: labels, registers: [registry] }),
  }));
  return {
    async render(report) {
      // Set and read without a pause between, so that two scrapes at once do not mix.
      for (const { gauge, samples } of gauges) {
        gauge.reset();
        for (const { labels = {}, value } of samples(report)) gauge.set(labels, value);
      }
      return { type: registry.contentType, body: await registry.metrics() };
    },
  };
}

interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
  readonly samples: (report: StatusReport) => readonly Sample[];
}

const metrics: readonly Metric[] = [
  perEventType(
    'complete_to_timestamp_seconds',
    'Every event before it is in, but for the holes.',
    ({ completeTo }) => (completeTo === null ? undefined : secondsOf(completeTo)),
  ),
  perEventType('holes', 'Parked spans of sync.', ({ holes }) => holes),
  perEventType(
    'watermark_lag_seconds',
    'How far the watermark of open jobs is behind now.',
    ({ lagSeconds }) => lagSeconds ?? undefined,
  ),
  perEventType('open_tasks', 'Tasks planned, running or interrupted.', ({ openTasks }) => openTasks),
  perEventType('parked_tasks', 'Tasks that wait for a person.', ({ parkedTasks }) => parkedTasks),
  perEventType(
    'rejected_records',
    'Records that could not be read.',
    ({ rejectedRecords }) => rejectedRecords,
  ),
  single(
    'gate_open',
    '1: requests may be sent; 0: Marketing Cloud is in maintenance or outage.',
    ({ gate }) => (gate.state === 'open' ? 1 : 0),
  ),
  single('processes_alive', 'Processes that take tasks or start runs.', ({ processes }) => processes.length),
  single(
    'last_run_finished_timestamp_seconds',
    'When the last run ended, whatever its outcome; 0: none has.',
    ({ runs }) => secondsOf(runs.find(({ finishedAt }) => finishedAt !== null)?.finishedAt),
  ),
  {
    name: 'last_completed_timestamp_seconds',
    help: 'When the last run of the kind completed; 0: none has.',
    labels: ['kind'],
    samples: ({ lastCompleted }) =>
      (['sync', 'backfill'] as const).map((kind) => ({
        labels: { kind },
        value: secondsOf(lastCompleted[kind]?.finishedAt),
      })),
  },
  {
    name: 'housekeeping_last_success_timestamp_seconds',
    help: 'When the housekeeping step last succeeded; 0: it never has.',
    labels: ['step'],
    samples: ({ housekeeping }) =>
      housekeeping.map(({ step, succeededAt }) => ({ labels: { step }, value: secondsOf(succeededAt) })),
  },
  perAccount(
    'allowance_requests_today',
    'Requests since midnight UTC, retries, status calls and tokens included.',
    ({ allowance }) =>
      allowance.accounts.map(({ accountId, requestsToday: value }) => ({ accountId, value })),
  ),
  perAccount('allowance_requests_in_year', 'Requests of the last 365 days.', ({ allowance }) =>
    allowance.accounts.map(({ accountId, requestsInYear: value }) => ({ accountId, value })),
  ),
  single(
    'allowance_used_ratio',
    'Requests of the last 365 days as a share of YEARLY_API_CALLS.',
    ({ allowance }) => allowance.share,
  ),
  perAccount(
    'slots_withheld',
    'Retrieves fewer in flight at once than the settings allow, after Rate Limited or a time-out.',
    ({ accounts }) =>
      accounts
        .filter(({ state }) => state !== 'retired')
        .map(({ accountId, reduced }) => ({
          accountId,
          value: reduced === null ? 0 : reduced.of - reduced.slots,
        })),
  ),
  single(
    'data_overdue',
    '1: no sync has completed for too long; /readyz responds with 503.',
    ({ overdue }) => (overdue === null ? 0 : 1),
  ),
  single(
    'next_tick_timestamp_seconds',
    'When the next sync starts; 0: no process serves a schedule.',
    ({ schedule }) => secondsOf(schedule?.nextTickAt),
  ),
];

/** One sample for each account; retired ones included where the value has no end. */
function perAccount(
  name: string,
  help: string,
  rowsOf: (report: StatusReport) => readonly { readonly accountId: number; readonly value: number }[],
): Metric {
  return {
    name,
    help,
    labels: ['account_id'],
    samples: (report) =>
      rowsOf(report).map(({ accountId, value }) => ({ labels: { account_id: String(accountId) }, value })),
  };
}

/** One sample for each event type of each account that has a value. */
function perEventType(
  name: string,
  help: string,
  valueOf: (row: EventTypeStatus) => number | undefined,
): Metric {
  return {
    name,
    help,
    labels: ['account_id', 'event_type'],
    samples: ({ eventTypes }) =>
      eventTypes.flatMap((row) => {
        const labels = { account_id: String(row.accountId), event_type: row.eventType };
        const value = valueOf(row);
        return value === undefined ? [] : [{ labels, value }];
      }),
  };
}

function single(name: string, help: string, valueOf: (report: StatusReport) => number): Metric {
  return { name, help, samples: (report) => [{ value: valueOf(report) }] };
}

function secondsOf(instant: Date | null | undefined): number {
  return instant === null || instant === undefined ? 0 : instant.getTime() / 1000;
}
