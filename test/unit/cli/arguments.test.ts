import {
  parseBackfillOptions,
  parseIds,
  parseSyncOptions,
  type RawOptions,
} from '../../../src/cli/arguments.ts';

describe('parseBackfillOptions', () => {
  it('takes a date as midnight UTC and an instant by its offset, whatever the host’s zone', () => {
    const { from, to } = parseBackfillOptions({ from: '2026-07-01', to: '2026-07-02T00:30:00+02:00' });
    expect([from.toISOString(), to.toISOString()]).toEqual([
      '2026-07-01T00:00:00.000Z',
      '2026-07-01T22:30:00.000Z',
    ]);
  });

  it.each([
    '2026-7-1',
    '2026-02-30',
    '2026-07-01T00:00:00',
    'yesterday',
    '2026-07-01T25:00Z',
    '2026-07-01 00:00Z',
  ])('refuses %s instead of guessing an instant', (from) => {
    expect(() => parseBackfillOptions({ from, to: '2026-12-01' })).toThrow(`--from is ${from}: a date`);
  });

  it('names every wrong option at once', () => {
    const raw: RawOptions = { from: 'x', events: 'opens', jobs: '1,a' };
    expect(() => parseBackfillOptions(raw)).toThrow(
      /4 options[^]*--from[^]*--to is not given[^]*--events[^]*--jobs/u,
    );
  });

  it('refuses an empty range and an inverted one', () => {
    expect(() => parseBackfillOptions({ from: '2026-07-01', to: '2026-07-01' })).toThrow(
      '--to is 2026-07-01: an instant after',
    );
  });
});

describe('parseSyncOptions', () => {
  it('reads lists without blanks and doubles', () => {
    expect(parseSyncOptions({ events: 'click, open,click', jobs: '7,7,8' })).toEqual({
      eventTypes: ['open', 'click'],
      jobIds: [7, 8],
      json: false,
    });
  });

  it('leaves out what was not limited', () => {
    expect(parseSyncOptions({ json: true })).toEqual({ json: true });
  });
});

describe('parseIds', () => {
  it.each(['1.5', '-1', '0', 'x', '9007199254740993'])('refuses %s as an id', (id) => {
    expect(() => parseIds('ID', [id])).toThrow('whole numbers');
  });
});
