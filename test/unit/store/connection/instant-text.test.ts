import pg from 'pg';
import { instantFromText } from '../../../../src/store/connection/instant-text.ts';

const byDriver: unknown = new pg.TypeOverrides().getTypeParser(1184);

function parse(text: string): unknown {
  if (typeof byDriver !== 'function') throw new Error('the driver reads no instants');
  return Reflect.apply(byDriver, undefined, [text]);
}

describe('an instant from the database', () => {
  it.each([
    '2026-11-26 11:04:19+00',
    '2026-11-26 11:04:19.3592+00',
    '2026-11-26 11:04:19.999999+00',
    '2026-11-26 11:04:19.5+00',
    '2024-02-29 23:59:59.01+00',
    '1969-12-31 23:59:59.9+00',
    '0099-01-01 00:00:00+00',
  ])('is what the driver makes of %s', (text) => {
    expect(instantFromText(text) ?? parse(text)).toEqual(parse(text));
  });

  it.each([
    'infinity',
    '-infinity',
    '0044-03-15 12:00:00+00 BC',
    '12026-11-26 11:04:19+00',
    '2026-11-26 11:04:19-06',
  ])('is left to the driver: %s', (text) => {
    expect(instantFromText(text)).toBeUndefined();
  });
});
