import { type BackfillSettings, planBackfillOfJob } from '../../../../src/pipeline/planning/plan-backfill.ts';
import type { JobFacts } from '../../../../src/store/planning/plan-facts.ts';
import { dayMs, minuteMs } from '../../../support/clock.ts';
import { checkpointFacts, daysAgo, definitions, now, planFacts } from './facts.ts';

const settings: BackfillSettings = {
  range: { from: daysAgo(20), to: daysAgo(10) },
  now,
  overlapMs: (definition) => definition.overlapMinutes * minuteMs,
  sizing: { eventsMax: 500_000, eventsMin: 500_000, partsWanted: 1 },
  order: -1,
};

function plan(job: Partial<JobFacts>, changes: Partial<BackfillSettings> = {}) {
  const windows = planBackfillOfJob(planFacts(job), definitions, { ...settings, ...changes });
  const days = (date: Date) => (now.getTime() - date.getTime()) / dayMs;
  return Object.fromEntries(
    windows.map(({ eventType, window }) => [eventType, [days(window.from), days(window.to)]]),
  );
}

const sentDaysAgo = (days: number): Partial<JobFacts> => ({
  ...{ createdAt: daysAgo(days), scheduledAt: daysAgo(days), sentAt: daysAgo(days) },
});
const whole = [20, 10];

describe('a backfill of one job', () => {
  it.each<{ name: string; job: Partial<JobFacts>; changes?: Partial<BackfillSettings>; expected: object }>([
    {
      name: 'asks for the range, of a send that had left when it begins',
      job: sentDaysAgo(23),
      expected: { sent: [20, 19], open: whole, click: whole },
    },
    {
      name: 'asks for nothing of a list send’s mails, where all had left before',
      job: sentDaysAgo(40),
      expected: { open: whole, click: whole },
    },
    {
      name: 'begins an overlap before the creation of a send made within the range',
      job: sentDaysAgo(12),
      expected: { sent: [13, 10], open: [13, 10], click: [13, 10] },
    },
    {
      name: 'asks for nothing of a job that was created after the range',
      job: sentDaysAgo(9.9),
      expected: {},
    },
    {
      name: 'asks for all of a triggered job, however old',
      job: { ...sentDaysAgo(300), isTriggered: true, sentAt: null },
      expected: { sent: whole, open: whole, click: whole },
    },
    {
      name: 'asks for all of a job known from an event only',
      job: { createdAt: null, scheduledAt: null, sentAt: null },
      expected: { sent: whole, open: whole, click: whole },
    },
    {
      name: 'asks for the mails of a send that is not complete',
      job: { ...sentDaysAgo(40), status: 'Sending' },
      expected: { sent: whole, open: whole, click: whole },
    },
    {
      name: 'ends now where the range goes on',
      job: { ...sentDaysAgo(40) },
      changes: { range: { from: daysAgo(2), to: daysAgo(-5) } },
      expected: { open: [2, 0], click: [2, 0] },
    },
  ])('$name', ({ job, changes, expected }) => {
    expect(plan(job, changes)).toEqual(expected);
  });

  it('is cut to size, and takes no notice of watermarks', () => {
    const facts = planFacts(sentDaysAgo(11), [checkpointFacts({ coveredTo: now })]);
    const windows = planBackfillOfJob(facts, definitions, {
      ...settings,
      sizing: { eventsMax: 100, eventsMin: 100, partsWanted: 1 },
    });
    const open = windows.find(({ eventType }) => eventType === 'open');
    expect(open?.parts.length).toBeGreaterThan(1);
    expect([open?.parts[0]?.from, open?.parts.at(-1)?.to]).toEqual([open?.window.from, open?.window.to]);
    expect(open).toMatchObject({ origin: 'backfill', isFullRead: false });
  });
});
