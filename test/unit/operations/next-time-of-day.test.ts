import { isTimeOfDay, nextTimeOfDay } from '../../../src/operations/next-time-of-day.ts';

const next = (time: string, zone: string, now: string) =>
  nextTimeOfDay(time, zone, new Date(now)).toISOString();

describe('nextTimeOfDay', () => {
  it.each([
    ['06:00', 'UTC', '2026-07-01T05:59:59Z', '2026-07-01T06:00:00.000Z'],
    ['06:00', 'UTC', '2026-07-01T06:00:00Z', '2026-07-02T06:00:00.000Z'],
    ['06:00', 'Europe/Berlin', '2026-07-01T23:00:00Z', '2026-07-02T04:00:00.000Z'],
    ['00:00', 'America/Chicago', '2026-01-31T12:00:00Z', '2026-02-01T06:00:00.000Z'],
  ])('finds %s of %s after %s', (time, zone, now, expected) => {
    expect(next(time, zone, now)).toBe(expected);
  });

  it('is the first instant after an hour that is skipped, and the first of one that is repeated', () => {
    expect(next('02:30', 'Europe/Berlin', '2026-03-28T23:30:00Z')).toBe('2026-03-29T01:00:00.000Z');
    expect(next('02:30', 'Europe/Berlin', '2026-10-24T23:30:00Z')).toBe('2026-10-25T00:30:00.000Z');
  });

  it('is of the form HH:MM', () => {
    expect(['00:00', '23:59', '24:00', '6:00', '06:60', '06:00:00'].map(isTimeOfDay)).toEqual([
      ...[true, true, false, false, false, false],
    ]);
  });
});
