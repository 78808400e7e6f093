import { click } from '../../../../src/events/click.ts';
import { sent } from '../../../../src/events/sent.ts';
import { jobStartMs, nextState } from '../../../../src/pipeline/planning/job-activity.ts';
import type { CheckpointFacts } from '../../../../src/store/planning/plan-facts.ts';
import { dayMs } from '../../../support/clock.ts';
import { checkpointFacts, daysAgo, type JobChanges, jobFacts, now } from './facts.ts';

const settings = { now, lookbackMs: 30 * dayMs };
const sentDaysAgo = (days: number): JobChanges => ({
  ...{ createdAt: daysAgo(days), scheduledAt: daysAgo(days), sentAt: daysAgo(days) },
});

describe('where a job begins', () => {
  it.each<{ name: string; job: JobChanges; start: number | undefined }>([
    { name: 'created, then scheduled', job: { createdAt: daysAgo(5), scheduledAt: daysAgo(4) }, start: 5 },
    {
      name: 'scheduled before its creation',
      job: { createdAt: daysAgo(4), scheduledAt: daysAgo(5) },
      start: 5,
    },
    {
      name: 'its completion alone is known',
      job: { createdAt: null, scheduledAt: null, sentAt: daysAgo(3) },
      start: 3,
    },
    {
      name: 'known from an event only',
      job: { createdAt: null, scheduledAt: null, sentAt: null },
      start: undefined,
    },
  ])('$name', ({ job, start }) => {
    expect(jobStartMs(jobFacts(job))).toBe(start === undefined ? undefined : daysAgo(start).getTime());
  });
});

describe('a job is', () => {
  it.each<{ name: string; job: JobChanges; state: CheckpointFacts['state'] }>([
    { name: 'open to the last day of the lookback', job: sentDaysAgo(30), state: 'open' },
    { name: 'closed after it', job: sentDaysAgo(30.01), state: 'closed' },
    {
      name: 'open for the lookback after its last event',
      job: { ...sentDaysAgo(90), lastEventAt: daysAgo(30) },
      state: 'open',
    },
    {
      name: 'open while its definition is active',
      job: { ...sentDaysAgo(240), isTriggered: true, isKeptOpen: true },
      state: 'open',
    },
    {
      name: 'closed when its definition is not',
      job: { ...sentDaysAgo(240), isTriggered: true },
      state: 'closed',
    },
  ])('$name', ({ job, state }) => {
    expect(nextState(jobFacts(job), click, undefined, settings)).toBe(state);
  });
});

describe('the sent events of a send are complete', () => {
  const job = jobFacts({ ...sentDaysAgo(3), numberSent: 1000, countersAt: now });
  const checkpoint = checkpointFacts({ eventType: 'sent', coveredTo: daysAgo(1), eventsLoaded: 1000 });

  it('when its counter is settled, later than what was read, and agrees', () => {
    expect(nextState(job, sent, checkpoint, settings)).toBe('complete');
    expect(nextState(job, click, { ...checkpoint, eventType: 'click' }, settings)).toBe('open');
  });

  it('and stay so, whatever the counter says later', () => {
    expect(
      nextState(jobFacts({ numberSent: 1001 }), sent, { ...checkpoint, state: 'complete' }, settings),
    ).toBe('complete');
  });

  it.each<{ name: string; facts: JobChanges; covered?: Partial<CheckpointFacts> }>([
    { name: 'one mail is missing', facts: {}, covered: { eventsLoaded: 999 } },
    { name: 'one is too many', facts: {}, covered: { eventsLoaded: 1001 } },
    { name: 'the counter is less than a day younger than the send', facts: { countersAt: daysAgo(2.5) } },
    { name: 'the counter is older than what was read', facts: { countersAt: daysAgo(1.5) } },
    { name: 'what was read ends before the send', facts: {}, covered: { coveredTo: daysAgo(3.5) } },
    { name: 'nothing was read', facts: {}, covered: { coveredTo: null } },
    { name: 'it is still sending', facts: { status: 'Sending' } },
    { name: 'it is triggered', facts: { isTriggered: true } },
    { name: 'its counter was never read', facts: { countersAt: null } },
    { name: 'its mails were not counted', facts: { numberSent: null }, covered: { eventsLoaded: null } },
  ])('but not where $name', ({ facts, covered }) => {
    expect(nextState({ ...job, ...facts }, sent, { ...checkpoint, ...covered }, settings)).toBe('open');
  });
});
