import { click } from '../../../../src/events/click.ts';
import { open } from '../../../../src/events/open.ts';
import { planTails, type TailSettings } from '../../../../src/pipeline/tail/plan-tails.ts';
import type { RungFailure, TailFacts, TailMark } from '../../../../src/store/tail/tail-facts.ts';
import type { TailJob } from '../../../../src/store/tail/tail-jobs.ts';
import { dayMs, hourMs, minuteMs } from '../../../support/clock.ts';
import { daysAgo, now } from '../planning/facts.ts';

const endsAt = new Date(now.getTime() - 15 * minuteMs);

const settings: TailSettings = {
  now,
  settlingMs: 15 * minuteMs,
  overlapMs: () => dayMs,
  sizing: { eventsMax: 500_000, eventsMin: 500_000, partsWanted: 1 },
  pageSize: 2500,
};

const job = (jobId: number, changes: Partial<TailJob> = {}): TailJob => ({
  ...{ jobId, startAt: daysAgo(40), isYoung: false, triggeredSendId: null, numberSent: 0 },
  ...changes,
});

const mark = (changes: Partial<TailMark> = {}): TailMark => ({
  ...{ eventType: 'open', rung: 2, belowJobId: null, windowFrom: daysAgo(3), coveredTo: daysAgo(1) },
  ...{ completedAt: daysAgo(1), lastRecords: 0, lastWindowSeconds: 0 },
  ...changes,
});

const failure = (rung: RungFailure['rung'], days: number, eventType = 'open'): RungFailure => ({
  ...{ eventType, rung, failedAt: daysAgo(days) },
});

const facts = (changes: Partial<TailFacts> = {}): TailFacts => ({
  ...{ accountId: 1, offAt: null, checkedAt: null, dateFilterWorks: null, listFilterWorks: null },
  ...{ marks: [mark()], open: [], failures: [], widths: [], youngRates: new Map(), completeJobs: new Map() },
  jobs: [job(1), job(2), job(5, { isYoung: true, startAt: daysAgo(2) })],
  ...changes,
});

const planOpen = (given: TailFacts) => planTails(given, [open], settings);
const windowOf = (given: TailFacts) => planOpen(given).windows[0];

describe('the window of the tail', () => {
  it('begins the overlap before what is covered, and ends with the settling time', () => {
    expect(windowOf(facts())?.scope.window).toEqual({ from: daysAgo(2), to: endsAt });
  });

  it('reaches two days beyond the overlap at first', () => {
    expect(windowOf(facts({ marks: [] }))?.scope.window).toEqual({
      from: new Date(endsAt.getTime() - 3 * dayMs),
      to: endsAt,
    });
  });

  it('covers a gap of any length, as where no sync ran for a month', () => {
    const marks = [mark({ coveredTo: daysAgo(33), completedAt: daysAgo(33) })];
    expect(windowOf(facts({ marks }))?.scope.window?.from).toEqual(daysAgo(34));
  });

  it('is not planned while one is open, and that one says which jobs are covered', () => {
    const window = { from: daysAgo(4), to: daysAgo(2) };
    const open3 = {
      eventType: 'open',
      rung: 3,
      belowJobId: null,
      jobIds: [1],
      definitionIds: [],
      window,
    } as const;
    const plan = planOpen(facts({ open: [{ ...open3, isParked: false }] }));
    expect(plan.windows).toEqual([]);
    expect(plan.covers.get('open')?.from).toEqual(daysAgo(4));
    expect([1, 2].map((jobId) => plan.covers.get('open')?.covers({ jobId }))).toEqual([true, false]);
  });

  it('is not planned again in a run that has read it', () => {
    const marks = [mark({ coveredTo: endsAt, completedAt: now })];
    expect(planOpen(facts({ marks }))).toMatchObject({ windows: [], rungs: 'open 2' });
  });

  it('is cut by the width that is known to work', () => {
    const widths = [{ eventType: 'open', rung: 2, worksSeconds: (4 * hourMs) / 1000 } as const];
    expect(windowOf(facts({ widths }))?.parts).toHaveLength(12);
  });
});

describe('the rung', () => {
  it('is a date alone where that reads few events of young jobs again, else the jobs below the first young ones', () => {
    expect(windowOf(facts())).toMatchObject({ rung: 2, belowJobId: null });
    const youngRates = new Map([['open', 1]]);
    expect(windowOf(facts({ youngRates }))).toMatchObject({ rung: 1, belowJobId: 3 });
  });

  it('is chosen by the mails of young jobs before anything was read, also where no job is old', () => {
    const young = job(5, { isYoung: true, startAt: daysAgo(2), numberSent: 60_000 });
    const first = facts({ marks: [], jobs: [job(1), job(2), young] });
    expect(windowOf(first)).toMatchObject({ rung: 1, belowJobId: 3 });
    expect(windowOf({ ...first, jobs: [young] })).toMatchObject({ rung: 1, belowJobId: 5 });
    const small = { ...young, numberSent: 40_000 };
    expect(windowOf({ ...first, jobs: [small] })).toMatchObject({ rung: 2, belowJobId: null });
  });

  it('has a bound that never sinks, and reaches back to where the jobs that it has passed begin', () => {
    const youngRates = new Map([['open', 1]]);
    const jobs = [job(1), job(8, { startAt: daysAgo(8) }), job(9, { isYoung: true, startAt: daysAgo(2) })];
    const risen = windowOf(facts({ youngRates, jobs, marks: [mark({ rung: 1, belowJobId: 7 })] }));
    expect(risen).toMatchObject({ belowJobId: 9 });
    expect(risen?.scope.window?.from).toEqual(daysAgo(9));
    const kept = windowOf(facts({ youngRates, marks: [mark({ rung: 1, belowJobId: 7 })] }));
    expect(kept).toMatchObject({ belowJobId: 7 });
  });

  it.each([
    {
      name: 'lists of 100 jobs where dates failed',
      failures: [failure(1, 1), failure(2, 1)],
      rung: 3,
      parts: 3,
    },
    {
      name: 'triggered sends where lists failed',
      failures: [failure(1, 1), failure(2, 1), failure(3, 1)],
      ...{ rung: 4, parts: 1 },
    },
    {
      name: 'a higher one again after 30 days',
      failures: [failure(1, 1), failure(2, 31)],
      rung: 2,
      parts: 1,
    },
    {
      name: 'not one that failed for another type alone',
      failures: [failure(2, 1, 'click')],
      rung: 1,
      parts: 1,
    },
  ])('is $name', ({ failures, rung, parts }) => {
    const jobs = Array.from({ length: 250 }, (_, at) =>
      job(at + 1, { triggeredSendId: at < 3 ? 'one' : null }),
    );
    const window = windowOf(facts({ failures, jobs, marks: [] }));
    expect(window).toMatchObject({ rung });
    expect(window?.parts).toHaveLength(parts);
  });

  it('begins where doctor has seen that filters work', () => {
    expect(windowOf(facts({ marks: [], dateFilterWorks: false }))).toMatchObject({ rung: 3 });
    expect(windowOf(facts({ marks: [], dateFilterWorks: false, listFilterWorks: false }))).toBeUndefined();
  });

  it('leaves out of its lists what is complete', () => {
    const completeJobs = new Map([['open', new Set([1])]]);
    const window = windowOf(facts({ marks: [], dateFilterWorks: false, completeJobs }));
    expect(window?.scope.jobIds).toEqual([2]);
  });

  it('is not one that needs too narrow windows', () => {
    const widths = [1, 2].map(
      (rung) => ({ eventType: 'open', rung: rung === 1 ? 1 : 2, worksSeconds: 600 }) as const,
    );
    expect(windowOf(facts({ widths }))).toMatchObject({ rung: 3 });
  });

  it('is tried with one event type where it never worked, and the others wait for it', () => {
    const plan = planTails(facts({ marks: [] }), [open, click], settings);
    expect(plan.windows.map(({ eventType }) => eventType)).toEqual(['open']);
    expect([...plan.covers.keys()]).toEqual(['open', 'click']);
  });
});

it('a tail that had missed events is off for 30 days', () => {
  expect(planOpen(facts({ offAt: daysAgo(29) }))).toMatchObject({ windows: [], rungs: '' });
  expect(planOpen(facts({ offAt: daysAgo(31) })).windows).toHaveLength(1);
});
