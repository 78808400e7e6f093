import { Gauge, Registry } from 'prom-client';
import type { StatusReport } from '../../store/status/report.ts';

export interface StatusMetrics {
  /** Everything in Prometheus' text form, gauges of the report included. */
  render(report: StatusReport): Promise<{ type: string; body: string }>;
}

const byEventType = ['account_id', 'event_type'] as const;

/** Gauges that follow the status report; `extra` holds what the process itself counts. */
export function createStatusMetrics(extra?: Registry): StatusMetrics {
  const registry = new Registry();
  const perType = (name: string, help: string) =>
    new Gauge({ name: `sfmc_tracking_${name}`, help, labelNames: byEventType, registers: [registry] });
  const single = (name: string, help: string) =>
    new Gauge({ name: `sfmc_tracking_${name}`, help, registers: [registry] });
  const lag = perType('watermark_lag_seconds', 'How far the watermark of open jobs is behind now.');
  const open = perType('open_tasks', 'Extract tasks planned, running or interrupted.');
  const parked = perType('parked_tasks', 'Extract tasks that wait for a person.');
  const rejected = perType('rejected_records', 'Records set aside because they could not be read.');
  const gate = single('gate_open', '1: requests may leave; 0: Marketing Cloud is in maintenance or outage.');
  const processes = single('processes_alive', 'Processes that take tasks or lead runs.');
  const finished = single(
    'last_run_finished_timestamp_seconds',
    'When the last run ended, whatever its outcome.',
  );

  const fill = (report: StatusReport): void => {
    for (const gauge of [lag, open, parked, rejected]) gauge.reset();
    for (const row of report.eventTypes) {
      const labels = { account_id: String(row.accountId), event_type: row.eventType };
      if (row.lagSeconds !== null) lag.set(labels, row.lagSeconds);
      open.set(labels, row.openTasks);
      parked.set(labels, row.parkedTasks);
      rejected.set(labels, row.rejectedRecords);
    }
    gate.set(report.gate.state === 'open' ? 1 : 0);
    processes.set(report.processes.length);
    const last = report.runs.find(({ finishedAt }) => finishedAt !== null)?.finishedAt;
    finished.set(last === undefined || last === null ? 0 : last.getTime() / 1000);
  };

  return {
    async render(report) {
      // Filled and read without a pause between: two scrapes at once do not mix.
      fill(report);
      const own = registry.metrics();
      const others = extra?.metrics() ?? Promise.resolve('');
      return { type: registry.contentType, body: (await own) + (await others) };
    },
  };
}
