import { conditionsOf } from '../../../../src/operations/alerts/conditions.ts';
import type { StatusReport } from '../../../../src/store/status/report.ts';
import { statusReport } from '../../../support/stored/status-report.ts';

const at = new Date('2026-07-02T02:10:00Z');
const run = (kind: string, outcome: string | null, runId = 7): StatusReport['runs'][number] => ({
  ...{ runId, kind, outcome, startedAt: at, finishedAt: outcome === null ? null : at },
  ...{ tasks: { done: 0, parked: 0 }, events: {}, dimensions: {}, requests: 0 },
});
const eventType = (parkedTasks: number, holes: number): StatusReport['eventTypes'][number] => ({
  ...{ accountId: 7_000_001, eventType: 'click', completeTo: at, watermark: at, lagSeconds: 0 },
  ...{ openTasks: 0, rejectedRecords: 0, checkpoints: { open: 1, complete: 0, closed: 0 } },
  ...{ parkedTasks, holes },
});
const step = (name: string, failure: string | null): StatusReport['housekeeping'][number] => ({
  ...{ step: name, processId: 1, startedAt: at, finishedAt: at, succeededAt: null, failure },
});
const account: StatusReport['accounts'][number] = {
  ...{ accountId: 5, name: 'Acme Germany', state: 'active', refusedReason: null },
  ...{ jobsDiscoveredUntil: null, reduced: null },
};
const used = (share: number): StatusReport['allowance'] => ({
  ...{ yearlyCalls: 1000, requestsToday: 2, requestsInThirtyDays: 60, requestsInYear: share * 1000 },
  ...{ share, countedSince: '2025-01-01', accounts: [] },
});
const namesOf = (changes: Partial<StatusReport>) =>
  conditionsOf(statusReport(changes)).map(({ alert }) => alert);

describe('conditionsOf', () => {
  it('has nothing to say where all is well', () => {
    expect(namesOf({ runs: [run('sync', 'completed')], eventTypes: [eventType(0, 0)] })).toEqual([]);
  });

  it('alerts to a run that failed until one of its kind completes', () => {
    expect(namesOf({ runs: [run('backfill', 'completed'), run('sync', 'halted')] })).toEqual(['run:sync']);
    expect(namesOf({ runs: [run('sync', 'completed', 8), run('sync', 'halted')] })).toEqual([]);
  });

  it('keeps the alert while the next run is in progress, or was interrupted', () => {
    const runs = [run('sync', null, 9), run('sync', 'interrupted', 8), run('sync', 'source_unavailable')];
    expect(namesOf({ runs })).toEqual(['run:sync']);
  });

  it.each<[string, Partial<StatusReport>, string, RegExp]>([
    [
      'parked tasks',
      { eventTypes: [eventType(2, 1)] },
      'parked:7000001:click',
      /2 tasks are parked, 1 of them is a hole/u,
    ],
    ['late data', { overdue: { since: at, lastCompletedAt: null } }, 'overdue', /^Data are overdue since/u],
    [
      'a closed gate',
      {
        gate: {
          ...{ state: 'closed', systemStatus: 'InMaintenance', reason: 'maintenance', closedAt: at },
          ...{ openedAt: null, nextCheckAt: null },
        },
      },
      'gate',
      /CLOSED since 2026-07-02 02:10/u,
    ],
    [
      'an allowance that is nearly used',
      { allowance: used(0.8) },
      'allowance',
      /80\.0 % of the yearly allowance used \(800 of 1,000 in 365 days\)/u,
    ],
    ['missing events', { deficits: [{ accountId: 5, jobs: 1 }] }, 'completeness:5', /1 job lacks events/u],
    [
      'a step that fails',
      { housekeeping: [step('check-rollups', 'disk full')] },
      'housekeeping:check-rollups',
      /fails/u,
    ],
    [
      'refused credentials',
      { accounts: [{ ...account, state: 'refused', refusedReason: 'x' }] },
      'account:5',
      /^Account Acme Germany \(5\): .*refused/u,
    ],
  ])('alerts to %s', (_, changes, alert, text) => {
    const conditions = conditionsOf(statusReport(changes));
    expect(conditions.map((one) => one.alert)).toEqual([alert]);
    expect(conditions[0]?.text).toMatch(text);
  });

  it('alerts to the allowance from 80 % on, and is over below 75 %: a day that leaves the year is no news', () => {
    const isOnAt = (share: number, isOn: boolean) =>
      conditionsOf(statusReport({ allowance: used(share) }), () => isOn).length > 0;
    expect([isOnAt(0.79, false), isOnAt(0.8, false)]).toEqual([false, true]);
    expect([isOnAt(0.79, true), isOnAt(0.75, true), isOnAt(0.74, true)]).toEqual([true, true, false]);
  });

  it('does not alert to its own failure, which could not be sent', () => {
    expect(namesOf({ housekeeping: [step('send-alerts', 'HTTP 500'), step('other', null)] })).toEqual([]);
  });
});
