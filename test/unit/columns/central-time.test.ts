import fc from 'fast-check';
import {
  centralTextFromInstant,
  isoFromMicros,
  microsFromCentralText,
} from '../../../src/columns/central-time.ts';

function utc(text: string): string | undefined {
  const micros = microsFromCentralText(text);
  return typeof micros === 'number' ? isoFromMicros(micros) : micros;
}

describe('microsFromCentralText', () => {
  it.each([
    ['July, when Chicago is on UTC-05:00', '2024-07-01T12:00:00', '2024-07-01T18:00:00.000000Z'],
    ['January', '2024-01-01T12:00:00', '2024-01-01T18:00:00.000000Z'],
    ['the hour that Chicago skips in March', '2024-03-10T02:30:00', '2024-03-10T08:30:00.000000Z'],
    ['the hour before it', '2024-03-10T01:59:59.997', '2024-03-10T07:59:59.997000Z'],
    ['the hour after it', '2024-03-10T03:00:00', '2024-03-10T09:00:00.000000Z'],
    ['the hour that Chicago has twice in November', '2024-11-03T01:30:00', '2024-11-03T07:30:00.000000Z'],
    ['the hour after it', '2024-11-03T02:00:00', '2024-11-03T08:00:00.000000Z'],
    ['a year’s end', '2023-12-31T18:00:00', '2024-01-01T00:00:00.000000Z'],
    ['a leap day', '2024-02-29T23:59:59', '2024-03-01T05:59:59.000000Z'],
  ])('adds six hours all year: %s', (_, text, expected) => {
    expect(utc(text)).toBe(expected);
  });

  it.each([
    ['2023-02-23T10:14:11.443', '443000'],
    ['2022-06-21T01:43:02.64', '640000'],
    ['2019-09-06T07:59:07.8', '800000'],
    ['2020-08-13T10:16:59', '000000'],
    ['2020-08-13T10:16:59.01', '010000'],
    ['2020-08-13T10:16:59.1234', '123400'],
    ['2020-08-13T10:16:59.123456', '123456'],
    ['2020-08-13T10:16:59.9999999', '999999'],
    ['2020-08-13T10:16:59.5139999', '513999'],
  ])('reads the fraction as decimal, cut to the microsecond: %s', (text, fraction) => {
    expect(utc(text)?.slice(20, 26)).toBe(fraction);
    expect(utc(text)?.slice(17, 19)).toBe(text.slice(17, 19));
  });

  it.each([
    ['2018-07-01T10:15:42.513Z', '2018-07-01T10:15:42.513000Z'],
    ['2018-07-01T10:15:42+02:00', '2018-07-01T08:15:42.000000Z'],
    ['2018-07-01T10:15:42.5-06:00', '2018-07-01T16:15:42.500000Z'],
    ['2018-07-01T10:15:42+05:30', '2018-07-01T04:45:42.000000Z'],
    ['2018-07-01T10:15:42-00:00', '2018-07-01T10:15:42.000000Z'],
  ])('honors an explicit offset: %s', (text, expected) => {
    expect(utc(text)).toBe(expected);
  });

  it.each(['0001-01-01T00:00:00', '1900-01-01T00:00:00', '1900-01-01T08:30:00.000', '0001-01-01T00:00:00Z'])(
    'tells a placeholder from a date: %s',
    (text) => {
      expect(microsFromCentralText(text)).toBe('sentinel');
    },
  );

  it.each([
    '',
    'now',
    '2018-02-30T10:00:00',
    '2023-02-29T10:00:00',
    '2018-13-01T10:00:00',
    '2018-00-10T10:00:00',
    '2018-01-00T10:00:00',
    '0000-05-01T10:00:00',
    '2018-01-01T24:00:00',
    '2018-01-01T10:60:00',
    '2018-01-01T10:00:60',
    '2018-01-01',
    '2018-01-01T10:00',
    '2018-01-01 10:00:00',
    '2018-1-1T10:00:00',
    '3/1/2018 10:15:42 AM',
    '2018-01-01T10:00:00.12345678',
    '2018-01-01T10:00:00,5',
    '2018-01-01T10:00:00z',
    '2018-01-01T10:00:00+0200',
    '2018-01-01T10:00:00+15:00',
    '2018-01-01T10:00:00Z-06:00',
    '2018-01-01T10:00:00.5 ',
    '-2018-01-01T10:00:00',
    '２０１８-01-01T10:00:00',
  ])('refuses what is no date, twice in a row: %j', (text) => {
    expect(microsFromCentralText(text)).toBeUndefined();
    expect(microsFromCentralText(text)).toBeUndefined();
  });

  it('agrees with plain arithmetic on random instants, whatever minutes it remembers', () => {
    const microsOfEvents = fc.integer({ min: Date.UTC(2000) * 1000, max: Date.UTC(2100) * 1000 });
    fc.assert(
      fc.property(
        fc.array(microsOfEvents, { maxLength: 50 }),
        fc.integer({ min: 0, max: 6 }),
        (all, digits) => {
          const read = all.map((micros) => {
            const kept = micros - (micros % 10 ** (6 - digits));
            const central = isoFromMicros(kept - 6 * 3600 * 1e6);
            const text = digits === 0 ? central.slice(0, 19) : central.slice(0, 20 + digits);
            return { text, kept, read: microsFromCentralText(text) };
          });
          expect(read.filter((one) => one.read !== one.kept)).toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('agrees with the calendar on every day of a century, impossible ones included', () => {
    // Some 38,000 days: to expect each of them would cost many times what reading them does.
    const wrong: string[] = [];
    for (let year = 1999; year <= 2100; year += 1) {
      for (let month = 1; month <= 12; month += 1) {
        const daysInMonth = new Date(Date.UTC(year, month, 0)).getUTCDate();
        for (let day = 1; day <= 31; day += 1) {
          const date = [year, String(month).padStart(2, '0'), String(day).padStart(2, '0')].join('-');
          const expected = day <= daysInMonth ? Date.UTC(year, month - 1, day, 8, 30) * 1000 : undefined;
          if (microsFromCentralText(`${date}T02:30:00`) !== expected) wrong.push(date);
        }
      }
    }
    expect(wrong).toEqual([]);
  });
});

describe('centralTextFromInstant', () => {
  it('writes whole seconds with the offset spelt out, in July as in January', () => {
    const inJuly = new Date('2024-07-01T03:04:05Z');
    expect(centralTextFromInstant(inJuly, 'down')).toBe('2024-06-30T21:04:05-06:00');
    const inJanuary = new Date('2024-01-01T06:00:00Z');
    expect(centralTextFromInstant(inJanuary, 'down')).toBe('2024-01-01T00:00:00-06:00');
  });

  it.each([
    ['down', '2024-07-01T03:04:05.999Z', '2024-06-30T21:04:05-06:00'],
    ['up', '2024-07-01T03:04:05.001Z', '2024-06-30T21:04:06-06:00'],
    ['down', '2024-07-01T03:04:05.000Z', '2024-06-30T21:04:05-06:00'],
    ['up', '2024-07-01T03:04:05.000Z', '2024-06-30T21:04:05-06:00'],
  ] as const)('rounds %s to the second: %s', (rounding, instant, expected) => {
    expect(centralTextFromInstant(new Date(instant), rounding)).toBe(expected);
  });

  it.each([NaN, Date.UTC(10000, 0, 2), Date.UTC(-1, 0, 1)])(
    'writes no date that has no four-digit year: %s',
    (ms) => {
      expect(centralTextFromInstant(new Date(ms), 'down')).toBeUndefined();
    },
  );

  it('is read back as the same second', () => {
    const seconds = fc.integer({ min: 0, max: Date.UTC(2100) / 1000 });
    fc.assert(
      fc.property(seconds, fc.constantFrom('up' as const, 'down' as const), (second, rounding) => {
        const text = centralTextFromInstant(new Date(second * 1000), rounding);
        expect(microsFromCentralText(text ?? '')).toBe(second * 1e6);
      }),
    );
  });
});
