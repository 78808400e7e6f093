import { tailSection } from '../../../../../../src/operations/http/page/section/tail.ts';
import type { StatusReport } from '../../../../../../src/store/status/report.ts';
import { statusReport, tailStatus } from '../../../../../support/stored/status-report.ts';

/** The cells of each row of the section's table, as text. */
function rowsOf(changes: Partial<StatusReport>): string[][] {
  const markup = tailSection(statusReport(changes))?.markup ?? '';
  return [...markup.matchAll(/<tr role="row">\s*(<td.*?)<\/tr>/gsu)].map(([, row = '']) =>
    [...row.matchAll(/<td.*?>(.*?)<\/td>/gsu)].map(([, cell = '']) => cell.replace(/<[^>]*>/gu, '').trim()),
  );
}

describe('the section of the tail', () => {
  it('is not there before the tail was read', () => {
    expect(tailSection(statusReport())).toBeUndefined();
  });

  it('has a row for each account and event type: filter, coverage, jobs that catch up, and what does not work', () => {
    const failures = [
      { rung: 2, code: 'RETRIEVE_TIMED_OUT', reason: 'it timed out', failedAt: '2026-06-20T02:00:00Z' },
    ] as const;
    const titles = tailSection(statusReport({ tails: [tailStatus()] }))?.markup.matchAll(
      /<th .*?>(.*?)<\/th>/gu,
    );
    expect([...(titles ?? [])].map(([, title]) => title)).toEqual([
      ...['Account', 'Events', 'Read', 'Last window', 'Catching up', 'Does not work'],
    ]);
    expect(
      rowsOf({
        tails: [
          tailStatus({ eventType: 'sent' }),
          tailStatus({ eventType: 'open', rung: 3, widthSeconds: 14_400, jobsCatchingUp: 12, failures }),
          tailStatus({ eventType: 'click', rung: null, windowFrom: null, coveredTo: null, failures }),
        ],
      }),
    ).toEqual([
      ['7000001', 'sent', 'by date', '2026-07-01 00:00 to 2026-07-02 00:00', '0', '–'],
      [
        ...[
          '7000001',
          'open',
          'by lists of jobs, 4 h at a time',
          '2026-07-01 00:00 to 2026-07-02 00:00',
          '12',
        ],
        'by date (RETRIEVE_TIMED_OUT), tried again from 2026-07-20 02:00',
      ],
      [
        ...['7000001', 'click', 'job by job', '–', '0'],
        'by date (RETRIEVE_TIMED_OUT), tried again from 2026-07-20 02:00',
      ],
    ]);
  });

  it('says of an account whose tail is off that it is read job by job, and why', () => {
    const since = new Date('2026-07-01T02:00:00Z');
    const until = new Date('2026-07-31T02:00:00Z');
    const tailsOff = [{ accountId: 7_000_001, since, until, reason: '<b>missed</b>' }];
    expect(rowsOf({ tails: [tailStatus()], tailsOff })[0]?.[2]).toBe('off: job by job');
    expect(tailSection(statusReport({ tailsOff }))?.markup).toContain('&#60;b&#62;missed&#60;/b&#62;');
  });

  it('unfolds the table where there is something to see in it, unless it is long', () => {
    const isUnfolded = (changes: Partial<StatusReport>) =>
      tailSection(statusReport(changes))?.markup.includes('<details open>');
    expect(isUnfolded({ tails: [tailStatus()] })).toBe(false);
    expect(isUnfolded({ tails: [tailStatus(), tailStatus({ jobsCatchingUp: 1 })] })).toBe(true);
    expect(isUnfolded({ tails: [tailStatus({ rung: 3 })] })).toBe(true);
    const many = Array.from({ length: 19 }, (_, at) => tailStatus({ accountId: at + 1, rung: null }));
    expect(isUnfolded({ tails: many })).toBe(false);
  });
});
