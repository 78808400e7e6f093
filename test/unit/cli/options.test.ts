import {
  parseBackfillOptions,
  parseSyncOptions,
  type RawRunOptions,
} from '../../../src/cli/options/run-options.ts';
import { parseIds } from '../../../src/cli/options/values.ts';

const now = new Date('2027-01-01T00:00:00Z');
const keptSince = new Date('2025-01-01T00:00:00Z');

function problemsOf(raw: RawRunOptions): readonly string[] {
  return parseBackfillOptions(raw, now, keptSince).problems;
}

describe('parseBackfillOptions', () => {
  it('takes a date as midnight UTC and an instant by its offset, whatever the host’s zone', () => {
    const { options, problems } = parseBackfillOptions(
      { from: '2026-07-01', to: '2026-07-02T00:30:00+02:00' },
      now,
      keptSince,
    );
    expect(problems).toEqual([]);
    expect([options.from.toISOString(), options.to.toISOString()]).toEqual([
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
    expect(problemsOf({ from, to: '2026-12-01' })).toEqual([
      expect.stringContaining(`--from is ${from}: a date`),
    ]);
  });

  it('names every wrong option at once', () => {
    expect(problemsOf({ from: 'x', events: 'opens', jobs: '1,a' })).toEqual([
      expect.stringMatching(/^--from is x/u),
      expect.stringMatching(/^--to is not given/u),
      expect.stringMatching(/^--events is opens/u),
      expect.stringMatching(/^--jobs is 1,a/u),
    ]);
  });

  it('refuses an empty range, and a range that has not begun', () => {
    expect(problemsOf({ from: '2026-07-01', to: '2026-07-01' })).toEqual([
      '--to is 2026-07-01: an instant after --from (the range is [from, to))',
    ]);
    expect(problemsOf({ from: '2027-01-01', to: '2027-01-02' })).toEqual([
      '--from is 2027-01-01, in the future: there is nothing to load yet',
    ]);
  });
});

describe('parseSyncOptions', () => {
  it('reads lists without blanks and doubles', () => {
    expect(parseSyncOptions({ events: 'click, open,click', jobs: '7,7,8' })).toEqual({
      options: { eventTypes: ['open', 'click'], jobIds: [7, 8], json: false },
      problems: [],
    });
  });

  it('leaves out what was not limited', () => {
    expect(parseSyncOptions({ json: true }).options).toEqual({ json: true });
  });
});

describe('parseIds', () => {
  it.each(['1.5', '-1', '0', 'x', '9007199254740993'])('refuses %s as an id', (id) => {
    expect(parseIds('ID', [id]).problems).toEqual([`ID is ${id}: whole numbers`]);
  });

  it('takes each id once', () => {
    expect(parseIds('ID', ['3', '4', '3'])).toEqual({ options: [3, 4], problems: [] });
  });
});
