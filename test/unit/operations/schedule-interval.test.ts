import { readyAfterMsOf } from '../../../src/operations/schedule-interval.ts';

const now = new Date('2026-07-01T00:00:00Z');
const hourMs = 60 * 60 * 1000;

describe('readyAfterMsOf', () => {
  it.each([
    ['0 2 * * *', 48],
    ['*/15 * * * *', 0.5],
    ['0 0 2 * * *', 48],
    ['0 2,14 * * *', 24],
    // From Friday to Monday.
    ['0 2 * * 1-5', 144],
    // From ten in the evening to six in the morning.
    ['*/5 6-21 * * *', 2 * (8 + 5 / 60)],
  ])('of %s is twice the longest pause: %d hours', (expression, hours) => {
    expect(readyAfterMsOf(expression, 'UTC', now)).toBeCloseTo(hours * hourMs);
  });

  it('of a monthly schedule is two months, the long ones counted', () => {
    expect(readyAfterMsOf('0 2 1 * *', 'UTC', now)).toBe(2 * 31 * 24 * hourMs);
  });
});
