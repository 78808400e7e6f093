import { microsFromCentralText } from '../../../src/columns/central-time.ts';
import { createDateRewriter, hasFraction } from '../../../src/tracking-extract/event-date.ts';

function instantOf(text: string, zone?: string): string | undefined {
  const micros = microsFromCentralText(createDateRewriter(zone)(text));
  return typeof micros === 'number' ? new Date(micros / 1000).toISOString() : undefined;
}

describe('a date of a file', () => {
  it.each([
    ['7/1/2026 12:00:00 AM', '2026-07-01T06:00:00.000Z'],
    ['7/1/2026 12:59:59 AM', '2026-07-01T06:59:59.000Z'],
    ['7/1/2026 12:00:00 PM', '2026-07-01T18:00:00.000Z'],
    ['7/1/2026 1:02:03 PM', '2026-07-01T19:02:03.000Z'],
    ['12/31/2026 11:59:59.997 PM', '2027-01-01T05:59:59.997Z'],
    ['07/01/2026 01:02:03 am', '2026-07-01T07:02:03.000Z'],
    ['7/1/2026 13:02:03', '2026-07-01T19:02:03.000Z'],
    ['7/1/2026', '2026-07-01T06:00:00.000Z'],
    ['2026-07-01 13:02:03.5', '2026-07-01T19:02:03.500Z'],
    ['1/1/2026 1:00:00 AM', '2026-01-01T07:00:00.000Z'],
  ])('%s is %s: UTC−06:00, in July as in January', (text, instant) => {
    expect(instantOf(text)).toBe(instant);
  });

  it.each([
    '13/1/2026 1:00:00 AM',
    '2/30/2026 1:00:00 AM',
    '7/1/2026 13:00:00 PM',
    '7/1/2026 0:00:00 AM',
    'soon',
    '',
  ])('%j is none', (text) => {
    expect(instantOf(text)).toBeUndefined();
  });

  it.each([
    ['Europe/Berlin', '7/1/2026 1:00:00 PM', '2026-07-01T11:00:00.000Z'],
    ['Europe/Berlin', '1/1/2026 1:00:00 PM', '2026-01-01T12:00:00.000Z'],
    ['+05:30', '7/1/2026 1:00:00 PM', '2026-07-01T07:30:00.000Z'],
    ['Z', '7/1/2026 1:00:00 PM', '2026-07-01T13:00:00.000Z'],
  ])('in %s: %s is %s', (zone, text, instant) => {
    expect(instantOf(text, zone)).toBe(instant);
  });

  it('says whether it has milliseconds', () => {
    expect(['7/1/2026 1:02:03 PM', '7/1/2026 1:02:03.000 PM'].map(hasFraction)).toEqual([false, true]);
  });
});
