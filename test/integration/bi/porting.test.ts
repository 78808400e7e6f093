import { readFileSync } from 'node:fs';
import path from 'node:path';
import { openStore, type Store } from '../../support/stored/ledger.ts';

const page = readFileSync(
  path.join(import.meta.dirname, '..', '..', '..', 'docs', 'porting-from-data-views.md'),
  'utf8',
);
let store: Store;

beforeAll(async () => {
  store = await openStore(1);
});
afterAll(() => store.close());

it.each([
  [`b::date - a::date`, 1],
  [`extract(epoch from date_trunc('hour', b) - date_trunc('hour', a)) / 3600`, 1],
  [`extract(hour from x)`, 23],
  [`to_char(x, 'FMDay')`, 'Saturday'],
  [`to_char(x, 'YYYY-MM-DD')`, '2026-03-28'],
  [`to_char(x, 'HH12 AM')`, '11 PM'],
  [`x - interval '30 days'`, '2026-02-26T23:59:59.000Z'],
  [`x at time zone 'Europe/Warsaw'`, '2026-03-29T00:59:59'],
] as const)('%s is what the page says it is', async (expression, expected) => {
  expect(page).toContain(`\`${expression}\``);
  const { rows } = await store.pool.query<{ found: unknown }>(
    `select to_json(${expression}) as found
     from (values (timestamptz '2026-03-28 23:59:59Z', timestamptz '2026-03-29 00:00:00Z', timestamptz '2026-03-28 23:59:59Z')) as given (a, b, x)`,
  );
  const found = rows[0]?.found;
  const isInstant = typeof found === 'string' && found.endsWith('+00:00');
  expect(isInstant ? new Date(found).toISOString() : found).toBe(expected);
});

it.each(['coalesce(a, b)', 'length(rtrim(x))', 'case when c then a else b end', 'strpos(b, a)'])(
  '%s runs',
  async (expression) => {
    expect(page).toContain(`\`${expression}\``);
    await store.pool.query(
      `select ${expression} from (values ('a', 'ba', true, 'x ')) as given (a, b, c, x)`,
    );
  },
);
