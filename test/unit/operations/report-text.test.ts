import {
  completenessText,
  dimensionsText,
  gateText,
  lastCompletedText,
  overdueText,
  reducedTexts,
  scheduleText,
  tailTexts,
} from '../../../src/operations/report-text.ts';
import type { StatusReport } from '../../../src/store/status/report.ts';
import { reportedAt, statusReport, tailStatus } from '../../support/stored/status-report.ts';

const good = statusReport();

describe('completenessText', () => {
  it.each<[string, Partial<StatusReport['completeness']>]>([
    ['Complete up to 2026-07-02 00:00 UTC for open, no holes.', {}],
    ['Complete up to 2026-07-02 00:00 UTC for open, 1 hole.', { holes: 1 }],
    [
      'Complete up to 2026-07-02 00:00 UTC for sent, open and click of 2 accounts, 3 holes.',
      { eventTypes: ['sent', 'open', 'click'], accountIds: [1, 2], holes: 3 },
    ],
    [
      'Complete up to 2026-07-02 00:00 UTC for 5 event types, no holes.',
      { eventTypes: ['sent', 'open', 'click', 'bounce', 'unsub'] },
    ],
    [
      'Not complete yet for open of account 7, no holes.',
      { completeTo: null, incomplete: [{ accountId: 7, eventType: 'open' }] },
    ],
    ['No event has been requested yet.', { completeTo: null, eventTypes: [], accountIds: [] }],
  ])('%s', (text, changes) => {
    expect(completenessText({ ...good, completeness: { ...good.completeness, ...changes } })).toBe(text);
  });
});

describe('business units', () => {
  const account: StatusReport['accounts'][number] = {
    ...{ accountId: 7, name: 'Acme\u202E Germany', state: 'active', refusedReason: null },
    ...{ jobsDiscoveredUntil: null, reduced: null },
  };

  it('are named where their name is known, in printable characters', () => {
    const completeness = {
      ...good.completeness,
      completeTo: null,
      incomplete: [{ accountId: 7, eventType: 'open' }],
    };
    expect(completenessText({ completeness, accounts: [account] })).toBe(
      'Not complete yet for open of account Acme  Germany (7), no holes.',
    );
  });

  it('that may have fewer Retrieves in flight than the settings say have a sentence, unless they are retired', () => {
    const reduced = { slots: 1, of: 4, since: reportedAt, code: 'RATE_LIMITED' };
    const retired = { ...account, accountId: 8, state: 'retired', reduced } as const;
    expect(reducedTexts({ accounts: [{ ...account, name: null, reduced }, retired] })).toEqual([
      'Account 7: 1 of 4 Retrieves at once, since 2026-07-02 02:00 UTC (RATE_LIMITED); one more every five minutes.',
    ]);
  });
});

describe('overdueText', () => {
  const since = new Date('2026-07-01T02:00:00Z');

  it('names the last sync that completed, or says that none has', () => {
    expect(overdueText(good)).toBeUndefined();
    expect(overdueText({ overdue: { since, lastCompletedAt: new Date('2026-06-29T02:00:00Z') } })).toBe(
      'Data are overdue since 2026-07-01 02:00 UTC: the last sync completed at 2026-06-29 02:00 UTC.',
    );
    expect(overdueText({ overdue: { since, lastCompletedAt: null } })).toBe(
      'Data are overdue since 2026-07-01 02:00 UTC: no sync has ever completed.',
    );
  });
});

describe('scheduleText', () => {
  it.each<[string, StatusReport['schedule']]>([
    ['Next sync at 2026-07-03 00:15 UTC (15 0 * * *, UTC).', good.schedule],
    [
      'Next sync due now (15 0 * * *, UTC).',
      { expression: '15 0 * * *', timeZone: 'UTC', nextTickAt: new Date(reportedAt.getTime() - 1000) },
    ],
    ['No process serves a schedule.', null],
  ])('%s', (text, schedule) => {
    expect(scheduleText({ schedule, schedules: schedule === null ? [] : [schedule], reportedAt })).toBe(text);
  });

  it('names the schedules of other processes', () => {
    const other = { expression: '0 4 * * *', timeZone: 'Europe/Berlin', nextTickAt: null };
    const schedules = [...good.schedules, other];
    expect(scheduleText({ ...good, schedules })).toBe(
      'Next sync at 2026-07-03 00:15 UTC (15 0 * * *, UTC). Other processes serve other schedules (0 4 * * *, Europe/Berlin).',
    );
  });
});

describe('lastCompletedText', () => {
  it('names the last of each kind', () => {
    const run = { runId: 9, outcome: 'completed', startedAt: reportedAt, finishedAt: reportedAt };
    expect(lastCompletedText({ lastCompleted: { sync: null, backfill: null } })).toBe(
      'No sync has completed.',
    );
    expect(lastCompletedText({ lastCompleted: { ...good.lastCompleted, backfill: run } })).toBe(
      'Last completed sync: run 7 at 2026-07-02 00:20 UTC; last completed backfill: run 9 at 2026-07-02 02:00 UTC.',
    );
  });
});

describe('dimensionsText', () => {
  it('says when each dimension was last read, of several accounts the oldest', () => {
    const at = (hour: number) => new Date(Date.UTC(2026, 6, 2, hour));
    const dimensions = [
      { accountId: 1, dimension: 'job', readAt: at(2) },
      { accountId: 1, dimension: 'link', readAt: at(1) },
      { accountId: 2, dimension: 'job', readAt: at(0) },
    ];
    expect(dimensionsText({ dimensions })).toBe(
      'Last read: job at 2026-07-02 00:00 UTC and link at 2026-07-02 01:00 UTC.',
    );
    expect(dimensionsText({ dimensions: [] })).toBeUndefined();
  });
});

describe('tailTexts', () => {
  const textsOf = (changes: Partial<StatusReport>) => tailTexts(statusReport(changes));

  it('says for each account by which filter its old jobs are read, and which event types differ', () => {
    const tails = [
      tailStatus({ eventType: 'sent' }),
      tailStatus({ eventType: 'open', rung: 3, widthSeconds: 7200 }),
      tailStatus({ eventType: 'click', rung: null }),
    ];
    expect(textsOf({ tails })).toEqual([
      'Tail of account 7000001: by date (sent); by lists of jobs, 2 h at a time (open); job by job (click).',
    ]);
    expect(textsOf({})).toEqual([]);
  });

  it('says how many old jobs have to catch up before the tail counts for them', () => {
    expect(
      textsOf({ tails: [tailStatus({ jobsCatchingUp: 1 }), tailStatus({ eventType: 'sent' })] }),
    ).toEqual([
      'Tail of account 7000001: by date (open and sent). 1 old job was not read that far: it is read by its JobID first.',
    ]);
    expect(textsOf({ tails: [tailStatus({ jobsCatchingUp: 1200 })] })[0]).toMatch(
      /1,200 old jobs were not read/u,
    );
  });

  it('says where reading by date had missed events, and nothing else of that account', () => {
    const since = new Date('2026-07-01T02:00:00Z');
    const until = new Date('2026-07-31T02:00:00Z');
    const off = {
      accountId: 7_000_001,
      since,
      until,
      reason: '2 open events of job 9 had not been read by date',
    };
    expect(textsOf({ tails: [tailStatus()], tailsOff: [off] })).toEqual([
      'The tail of account 7000001 is off since 2026-07-01 02:00 UTC: 2 open events of job 9 had not been read by date. Old jobs are read one by one until 2026-07-31 02:00 UTC.',
    ]);
  });
});

describe('gateText', () => {
  it('says since when a closed gate is closed, why, and when it is checked again', () => {
    expect(gateText(good)).toBe('Gate: open (Marketing Cloud: OK)');
    const closedAt = new Date('2026-07-02T01:00:00Z');
    const nextCheckAt = new Date('2026-07-02T02:10:00Z');
    const gate = { ...good.gate, state: 'closed' as const, reason: 'maintenance', closedAt, nextCheckAt };
    expect(gateText({ gate })).toBe(
      'Gate: CLOSED since 2026-07-02 01:00 UTC: maintenance; next check at 2026-07-02 02:10:00 UTC',
    );
  });
});
