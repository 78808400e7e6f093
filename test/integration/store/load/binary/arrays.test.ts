import type pg from 'pg';
import { createColumn, putText } from '../../../../../src/columns/column.ts';
import type { ColumnKind } from '../../../../../src/events/define-event.ts';
import { binaryArrayOf } from '../../../../../src/store/load/binary/arrays.ts';
import { createPool } from '../../../../../src/store/connection/pool.ts';
import { createEmptyDatabase, type TestDatabase } from '../../../../support/postgres/database.ts';

const arrayTypes = {
  integer: 'bigint',
  instant: 'timestamptz',
  text: 'text',
  uuid: 'uuid',
  boolean: 'boolean',
};

let database: TestDatabase;
let pool: pg.Pool;

beforeAll(async () => {
  database = await createEmptyDatabase();
  pool = createPool({ databaseUrl: database.url, connectionsMax: 1, applicationName: 'test' });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

/** What Postgres makes of the texts, sent as one binary array. */
async function storedTexts(kind: ColumnKind, texts: readonly (string | null)[]): Promise<(string | null)[]> {
  const column = createColumn({ property: 'X', kind, optional: true }, texts.length);
  texts.forEach((text, row) => expect(putText(column, row, text)).toBeUndefined());
  const { rows } = await pool.query<{ value: string | null }>(
    `select value::text from unnest($1::${arrayTypes[kind]}[]) with ordinality as page (value, row) order by row`,
    [binaryArrayOf(column, texts.length)],
  );
  return rows.map((row) => row.value);
}

describe('a column sent as a binary array', () => {
  it.each([
    [
      'integer' as const,
      [
        ...[
          '0',
          '-1',
          '42',
          '2147483648',
          '-2147483649',
          '4294967296',
          '999999999999999',
          '1000000000000000',
        ],
        ...[null, '9007199254740993', '9223372036854775807', '-9223372036854775808', null],
      ],
    ],
    [
      'text' as const,
      [
        ...['007', '1e5', '12345678901234567890', '  leading', 'tail ', '', 'NULL', null, '{a,"b"}', "it's"],
        ...[
          'back\\slash\\',
          '"quoted"',
          'new\nline\ttab',
          'Zoë',
          '🎉',
          '漢字',
          'x'.repeat(10_000),
          'é'.repeat(257),
        ],
        ...['a'.repeat(255) + '🎉', '\u0001\u007f\u0080\uffff'],
      ],
    ],
    ['uuid' as const, ['4f1c2f8e-6f0e-4d5a-9d0a-0123456789ab', null, 'ffffffff-ffff-ffff-ffff-ffffffffffff']],
    ['boolean' as const, ['true', null, 'false']],
  ])('arrives exactly: %s', async (kind, texts) => {
    expect(await storedTexts(kind, texts)).toEqual(texts);
  });

  it('arrives exactly: instants to the microsecond, far ones to the second', async () => {
    const texts = [
      ...[
        '2024-07-01T12:00:00',
        '2024-07-01T12:00:00.123456',
        '1999-12-31T18:00:00',
        '1999-12-31T17:59:59.999999',
      ],
      ...[
        '1969-12-31T23:59:59.000001',
        '1753-01-01T00:00:00.003',
        '0002-01-01T00:00:00',
        '9999-12-31T23:59:59',
      ],
    ];
    expect(await storedTexts('instant', [...texts, null])).toEqual([
      ...['2024-07-01 18:00:00+00', '2024-07-01 18:00:00.123456+00'],
      ...['2000-01-01 00:00:00+00', '1999-12-31 23:59:59.999999+00'],
      ...['1970-01-01 05:59:59.000001+00', '1753-01-01 06:00:00.003+00'],
      ...['0002-01-01 06:00:00+00', '10000-01-01 05:59:59+00'],
      null,
    ]);
  });

  it.each(['integer', 'instant', 'text', 'uuid', 'boolean'] as const)(
    'may be empty, or nothing but nulls: %s',
    async (kind) => {
      expect(await storedTexts(kind, [])).toEqual([]);
      expect(await storedTexts(kind, [null, null])).toEqual([null, null]);
    },
  );
});
