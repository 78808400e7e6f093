import { planCounters, planDiscovery } from '../../../../src/pipeline/planning/plan-dimensions.ts';
import type { DiscoveryFacts } from '../../../../src/store/ledger/discovery.ts';
import { dayMs } from '../../../support/clock.ts';
import { daysAgo, now } from './facts.ts';

const facts: DiscoveryFacts = {
  accountId: 1,
  isRefused: false,
  now,
  jobsDiscoveredUntil: daysAgo(1),
  parked: [],
  accepted: [],
};

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
    expect([planDiscovery(refused), planCounters([7], refused)]).toEqual([[], []]);
  });

  it('leaves out a span that is parked', () => {
    const window = { from: daysAgo(5), to: daysAgo(4) };
    expect(plan({ parked: [{ dimension: 'job', window, jobIds: null }] })).toMatchObject({
      job: [
        [8, 5],
        [4, -7],
      ],
    });
  });

  it('does not leave out a span for counters that are parked', () => {
    const parked = [{ dimension: 'job', window: null, jobIds: [7] }];
    expect(plan({ parked })).toEqual({ job: [[8, -7]], triggered_send: ['whole'] });
  });

  it('leaves out the definitions while they are parked, and for a month after a person accepted that', () => {
    const jobsOnly = { job: [[8, -7]] };
    const dimension = 'triggered_send';
    expect(plan({ parked: [{ dimension, window: null, jobIds: null }] })).toEqual(jobsOnly);
    expect(plan({ accepted: [{ dimension, at: daysAgo(29.9) }] })).toEqual(jobsOnly);
    expect(plan({ accepted: [{ dimension, at: daysAgo(30) }] })).toHaveProperty(dimension);
  });
});

describe('the counters of open jobs', () => {
  const ids = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

  it('are read for 100 jobs with each task', () => {
    const [reading, ...others] = planCounters(ids(250), facts);
    expect(others).toEqual([]);
    expect(reading).toMatchObject({
      accountId: 1,
      dimension: 'job',
      scope: { window: null, jobIds: ids(250) },
    });
    expect(reading?.parts.map(({ jobIds }) => jobIds?.length)).toEqual([100, 100, 50]);
    expect(reading?.parts.flatMap(({ jobIds }) => jobIds)).toEqual(ids(250));
  });

  it('are not read again for jobs whose reading is parked, nor where there are none', () => {
    const parked = [{ dimension: 'job', window: null, jobIds: [1, 3] }];
    expect(planCounters(ids(4), { ...facts, parked })).toMatchObject([{ scope: { jobIds: [2, 4] } }]);
    expect(planCounters([1], { ...facts, parked })).toEqual([]);
    expect(planCounters([], facts)).toEqual([]);
  });
});
