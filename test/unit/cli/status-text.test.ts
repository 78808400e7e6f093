import { renderStatus } from '../../../src/cli/status-text.ts';
import { clockIn } from '../../../src/cli/terminal/instants.ts';
import { withoutMarks } from '../../../src/cli/terminal/marks.ts';
import type { StatusReport } from '../../../src/store/status/report.ts';
import { eventTypeStatus, reportedAt, statusReport } from '../../support/stored/status-report.ts';

const eventTypes = ['sent', 'open', 'click', 'forward_opt_in'].map((eventType) =>
  eventTypeStatus({
    eventType,
    accountId: 530_000_001,
    lagSeconds: 86_340,
    openTasks: 1200,
    rejectedRecords: 12,
  }),
);
const run = {
  ...{ runId: 1234, kind: 'backfill', outcome: 'completed_with_problems', requests: 123_456 },
  ...{ startedAt: new Date('2026-07-01T00:00:00Z'), finishedAt: new Date('2026-07-01T23:59:00Z') },
  tasks: { done: 12_345, parked: 12 },
  events: { open: { records: 1_234_567, inserted: 1_234_567, rejected: 3 } },
  dimensions: {},
};
/** As it is read without colors. */
function shown(report: StatusReport, columns = Infinity): string {
  return withoutMarks(renderStatus(report, { columns, clock: clockIn('UTC') }));
}

const report = statusReport({ eventTypes, runs: [run] });

function widthOf(text: string, section: RegExp): number {
  const lines = text.split('\n');
  const first = lines.findIndex((line) => section.test(line));
  return Math.max(...lines.slice(first, first + eventTypes.length).map(({ length }) => length));
}

describe('the status report', () => {
  it.each([80, 100])('has tables of at most %d columns on such a terminal', (columns) => {
    const text = shown(report, columns);
    expect(widthOf(text, /^account/u)).toBeLessThanOrEqual(columns);
    expect(widthOf(text, /^ *run/u)).toBeLessThanOrEqual(columns);
    expect(text).toMatch(/account .*complete to .*tasks open +parked +rejected/u);
    expect(text).toMatch(/run .*outcome .*new/u);
  });

  it('has every column where there is room', () => {
    const text = shown(report);
    expect(text).toMatch(/watermark .*lag .*jobs open/u);
    expect(text).toMatch(/tasks +parked +records +new +requests/u);
  });

  it('does not say how long a killed run took', () => {
    const killed = { ...run, outcome: 'interrupted', finishedAt: null };
    expect(shown(statusReport({ runs: [killed] }))).toMatch(/– +interrupted/u);
    const running = { ...killed, outcome: null, startedAt: new Date(reportedAt.getTime() - 60_000) };
    expect(shown(statusReport({ runs: [running] }))).toMatch(/1 min +running/u);
  });

  it('shows housekeeping steps whose last execution failed, and no others', () => {
    const good = {
      ...{ step: 'check-rollups', processId: 7, failure: null, startedAt: reportedAt },
      ...{ finishedAt: reportedAt, succeededAt: reportedAt },
    };
    expect(shown(statusReport({ eventTypes, housekeeping: [good] }))).not.toContain('Housekeeping');

    const bad = { ...good, step: 'make-partitions', failure: 'must be owner of table open_events' };
    const once = { ...bad, step: 'refresh-rollups', succeededAt: null, failure: 'no space' };
    expect(shown(statusReport({ eventTypes, housekeeping: [good, bad, once] }))).toContain(
      [
        'Housekeeping',
        '  make-partitions failed 2026-07-02 02:00 UTC, it last succeeded 2026-07-02 02:00 UTC: must be owner of table open_events',
        '  refresh-rollups failed 2026-07-02 02:00 UTC, it never succeeded: no space',
      ].join('\n'),
    );
  });
});
