import { createTicks } from '../../../src/operations/ticks.ts';

function ticksFrom(expression: string, timeZone: string, from: string, count: number): string[] {
  const ticks = createTicks(expression, timeZone);
  const found: string[] = [];
  let at = new Date(from);
  while (found.length < count) {
    const next = ticks.next(at);
    if (next === undefined) return found;
    found.push(next.toISOString().slice(0, 16));
    at = next;
  }
  return found;
}

describe('the ticks of a schedule', () => {
  it('come every night, also in the night in which clocks skip their hour', () => {
    // In Berlin, 2026-03-29 has no 02:00: the tick comes at 03:00, which is 01:00 UTC.
    expect(ticksFrom('0 2 * * *', 'Europe/Berlin', '2026-03-27T12:00:00Z', 3)).toEqual([
      '2026-03-28T01:00',
      '2026-03-29T01:00',
      '2026-03-30T00:00',
    ]);
    expect(ticksFrom('30 2 * * *', 'America/New_York', '2026-03-07T12:00:00Z', 2)).toEqual([
      '2026-03-08T07:00',
      '2026-03-09T06:30',
    ]);
  });

  it('come once in the night in which an hour is repeated', () => {
    expect(ticksFrom('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', 2)).toEqual([
      '2026-10-25T00:30',
      '2026-10-26T01:30',
    ]);
  });

  it('of every half-hour come in both of the repeated hours, and once after the skipped one', () => {
    expect(ticksFrom('*/30 * * * *', 'Europe/Berlin', '2026-10-24T23:45:00Z', 6)).toEqual([
      ...['2026-10-25T00:00', '2026-10-25T00:30', '2026-10-25T01:00', '2026-10-25T01:30'],
      ...['2026-10-25T02:00', '2026-10-25T02:30'],
    ]);
    expect(ticksFrom('*/30 * * * *', 'Europe/Berlin', '2026-03-29T00:15:00Z', 3)).toEqual([
      ...['2026-03-29T00:30', '2026-03-29T01:00', '2026-03-29T01:30'],
    ]);
  });

  it('follow offsets of half an hour, and zones far from UTC', () => {
    expect(ticksFrom('0 2 * * *', 'Australia/Lord_Howe', '2026-10-03T00:00:00Z', 2)).toEqual([
      '2026-10-03T15:30',
      '2026-10-04T15:00',
    ]);
    expect(ticksFrom('0 2 * * 1', 'Pacific/Kiritimati', '2026-07-01T00:00:00Z', 1)).toEqual([
      '2026-07-05T12:00',
    ]);
    expect(ticksFrom('0 23 * * *', 'Pacific/Pago_Pago', '2026-07-01T09:59:00Z', 1)).toEqual([
      '2026-07-01T10:00',
    ]);
  });

  it('are found years away', () => {
    expect(ticksFrom('0 2 29 2 *', 'UTC', '2026-01-01T00:00:00Z', 1)).toEqual(['2028-02-29T02:00']);
  });

  it('are found backwards as well, the instant itself included', () => {
    const ticks = createTicks('0 2 * * *', 'Europe/Berlin');
    const at = (text: string) => ticks.previous(new Date(text))?.toISOString();
    expect(at('2026-03-29T00:59:59Z')).toBe('2026-03-28T01:00:00.000Z');
    expect(at('2026-03-29T01:00:00Z')).toBe('2026-03-29T01:00:00.000Z');
    expect(at('2026-03-29T20:00:00Z')).toBe('2026-03-29T01:00:00.000Z');
  });
});
