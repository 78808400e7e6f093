import { job } from '../../../../src/dimensions/job.ts';
import { link } from '../../../../src/dimensions/link.ts';
import {
  counterCutoffs,
  planDescriptions,
  planDiscovery,
  planJobs,
  readingCutoffs,
} from '../../../../src/pipeline/planning/plan-dimensions.ts';
import type { DiscoveryFacts, FailedReading } from '../../../../src/store/planning/discovery.ts';
import { dayMs, hourMs } from '../../../support/clock.ts';
import { daysAgo, now } from './facts.ts';

const facts: DiscoveryFacts = {
  accountId: 1,
  isRefused: false,
  now,
  jobsDiscoveredUntil: daysAgo(1),
  parked: [],
  accepted: [],
  unavailable: new Set(),
  readAt: new Map(),
};

function failed(dimension: string, changes: Partial<FailedReading> = {}): FailedReading {
  return { dimension, window: null, jobIds: null, code: 'RETRIEVE_FAILED', at: now, ...changes };
}

/** What is planned of jobs and definitions: windows in days before now. */
function plan(changes: Partial<DiscoveryFacts> = {}) {
  const days = (date: Date) => (now.getTime() - date.getTime()) / dayMs;
  return Object.fromEntries(
    planDiscovery({ ...facts, ...changes }).map(({ dimension, parts }) => [
      dimension,
      parts.map(({ window }) => (window === null ? 'whole' : [days(window.from), days(window.to)])),
    ]),
  );
}

describe('a discovery', () => {
  it('reads jobs modified since a week before the last one, up to a week ahead, and all definitions', () => {
    expect(plan()).toEqual({ job: [[8, -7]], triggered_send: ['whole'] });
  });

  it('reads everything that the source keeps where there was none before', () => {
    expect(plan({ jobsDiscoveredUntil: null })).toMatchObject({ job: [[730, -7]] });
  });

  it('reads nothing of an account whose credentials were refused', () => {
    const refused = { ...facts, isRefused: true };
    expect([planDiscovery(refused), planDescriptions(refused), planJobs(job, [7], refused)]).toEqual([
      [],
      [],
      [],
    ]);
  });

  it('leaves out a span that is parked', () => {
    const window = { from: daysAgo(5), to: daysAgo(4) };
    expect(plan({ parked: [failed('job', { window })] })).toMatchObject({
      job: [
        [8, 5],
        [4, -7],
      ],
    });
  });

  it('does not leave out a span for counters that are parked', () => {
    expect(plan({ parked: [failed('job', { jobIds: [7] })] })).toEqual(plan());
  });

  it('leaves out the definitions while they are parked, and for a month after a person accepted that', () => {
    const jobsOnly = { job: [[8, -7]] };
    const acceptedAgo = (days: number) => [failed('triggered_send', { at: daysAgo(days) })];
    expect(plan({ parked: [failed('triggered_send')] })).toEqual(jobsOnly);
    expect(plan({ accepted: acceptedAgo(29.9) })).toEqual(jobsOnly);
    expect(plan({ accepted: acceptedAgo(30) })).toHaveProperty('triggered_send');
  });
});

describe('what describes jobs and is read whole', () => {
  const planned = (changes: Partial<DiscoveryFacts>) =>
    planDescriptions({ ...facts, ...changes }).map(({ dimension }) => dimension);
  const readAgo = (hours: number) => {
    const at = new Date(now.getTime() - hours * hourMs);
    return new Map([
      ['triggered_send_summary', at],
      ['business_unit', at],
    ]);
  };

  it.each([
    {
      name: 'is read where it never was',
      readAt: new Map(),
      due: ['triggered_send_summary', 'business_unit'],
    },
    { name: 'is not read again within the day', readAt: readAgo(19.9), due: [] },
    { name: 'has its counters read each day', readAt: readAgo(20), due: ['triggered_send_summary'] },
    {
      name: 'has its names read each week',
      readAt: readAgo(7 * 24),
      due: ['triggered_send_summary', 'business_unit'],
    },
  ])('$name', ({ readAt, due }) => {
    expect(planned({ readAt })).toEqual(due);
  });

  it('is left out alone while it is parked, or where the account may not read it', () => {
    expect(planned({ parked: [failed('business_unit')] })).toEqual(['triggered_send_summary']);
    expect(planned({ unavailable: new Set(['triggered_send_summary']) })).toEqual(['business_unit']);
    expect(planJobs(link, [7], { ...facts, unavailable: new Set(['link']) })).toEqual([]);
  });
});

describe('a dimension of jobs', () => {
  const ids = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

  it('is read for 100 jobs with each task', () => {
    const [reading, ...others] = planJobs(link, ids(250), facts);
    expect(others).toEqual([]);
    expect(reading).toMatchObject({
      accountId: 1,
      dimension: 'link',
      scope: { window: null, jobIds: ids(250) },
    });
    expect(reading?.parts.map(({ jobIds }) => jobIds?.length)).toEqual([100, 100, 50]);
    expect(reading?.parts.flatMap(({ jobIds }) => jobIds)).toEqual(ids(250));
  });

  it('is not read for jobs whose reading is parked or was accepted, nor where there are none', () => {
    const failures = {
      parked: [failed('link', { jobIds: [1, 3] })],
      accepted: [failed('link', { jobIds: [4] })],
    };
    expect(planJobs(link, ids(4), { ...facts, ...failures })).toMatchObject([{ scope: { jobIds: [2] } }]);
    expect(planJobs(link, [1], { ...facts, ...failures })).toEqual([]);
    expect(planJobs(link, [], facts)).toEqual([]);
  });

  it('is read for no other job where the request itself was refused', () => {
    const parked = [failed('link', { jobIds: [1, 3], code: 'REQUEST_INVALID' })];
    expect(planJobs(link, ids(4), { ...facts, parked })).toEqual([]);
    expect(planJobs(job, ids(4), { ...facts, parked })).toHaveLength(1);
  });

  it('is due by its own cadence for open jobs, and once a month for closed ones', () => {
    const since = { before: now, lookbackMs: 30 * dayMs, isTailRead: false };
    const common = { activeSince: daysAgo(30), closedBefore: daysAgo(30), retainedSince: daysAgo(730) };
    expect(readingCutoffs(link, since)).toEqual({ ...common, openBefore: daysAgo(20 / 24) });
    const young = { youngSince: daysAgo(7), youngBefore: now };
    expect(counterCutoffs(since)).toEqual({ ...common, ...young, openBefore: daysAgo(20 / 24) });
  });

  it('is due only for jobs whose events moved, whatever their age, where the tail is read by date', () => {
    const since = { before: now, lookbackMs: 30 * dayMs, isTailRead: true };
    const never = new Date(0);
    const common = { activeSince: daysAgo(730), closedBefore: never, retainedSince: daysAgo(730) };
    expect(readingCutoffs(link, since)).toEqual({ ...common, openBefore: daysAgo(20 / 24) });
    const young = { youngSince: daysAgo(7), youngBefore: now };
    expect(counterCutoffs(since)).toEqual({ ...common, ...young, openBefore: never });
  });
});
