import fc from 'fast-check';
import { open } from '../../../../src/events/open.ts';
import { sent } from '../../../../src/events/sent.ts';
import { expectedEvents } from '../../../../src/pipeline/planning/expected-events.ts';
import { dayMs, hourMs } from '../../../support/clock.ts';
import { checkpointFacts, daysAgo, jobFacts } from './facts.ts';

const begin = daysAgo(2).getTime();
const job = jobFacts({ scheduledAt: daysAgo(2), sentAt: new Date(begin + 2 * hourMs), numberSent: 10_000 });

describe('expectedEvents', () => {
  it('spreads the mails of a send from its start to its completion', () => {
    const before = expectedEvents(job, sent, undefined);
    expect([-hourMs, 0, hourMs, 2 * hourMs, dayMs].map((ms) => before(begin + ms))).toEqual([
      0, 0, 5000, 10_000, 10_000,
    ]);
  });

  it('expects half of the opens within half a day', () => {
    const before = expectedEvents(job, open, undefined);
    expect([0, 12 * hourMs, 24 * hourMs].map((ms) => before(begin + ms))).toEqual([0, 2500, 3750]);
  });

  it('goes by the rate of the last window where there was one', () => {
    const before = expectedEvents(job, open, checkpointFacts({ lastRecords: 7200, lastWindowSeconds: 3600 }));
    expect(before(begin + hourMs) - before(begin)).toBeCloseTo(7200);
  });

  it.each([
    { name: 'nobody was mailed', facts: jobFacts({ numberSent: null }) },
    { name: 'no date is known', facts: jobFacts({ createdAt: null, scheduledAt: null, sentAt: null }) },
  ])('expects nothing, so that nothing is cut, where $name', ({ facts }) => {
    expect(expectedEvents(facts, open, undefined)(Date.now())).toBe(0);
  });

  it('never falls with time', () => {
    const curves = [sent, open].map((definition) => expectedEvents(job, definition, undefined));
    fc.assert(
      fc.property(fc.integer({ min: -5, max: 60 }), fc.integer({ min: 0, max: 60 }), (hours, more) => {
        for (const before of curves) {
          expect(before(begin + (hours + more) * hourMs)).toBeGreaterThanOrEqual(
            before(begin + hours * hourMs),
          );
        }
      }),
    );
  });
});
