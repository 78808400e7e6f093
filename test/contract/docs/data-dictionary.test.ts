import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { entityDiagram, renderDataDictionary } from '../../support/documents/data-dictionary.ts';
import { openStore, type Store } from '../../support/stored/ledger.ts';

const page = path.join(import.meta.dirname, '..', '..', '..', 'docs', 'data-dictionary.md');
let store: Store;

beforeAll(async () => {
  store = await openStore(1);
});
afterAll(() => store.close());

async function linesOf(query: string): Promise<string[]> {
  const { rows } = await store.pool.query<{ line: string }>(query);
  return rows.map(({ line }) => line);
}

// The tables of the migration tool are its own.
const ours = `relkind in ('r', 'p', 'v') and not relispartition
  and relnamespace::regnamespace::text in ('tracking', 'bi', 'fivetran', 'pipeline')
  and relname not in ('migrations', 'migrations_lock')`;

it('every table and view has a comment', async () => {
  expect(
    await linesOf(
      `select class.oid::regclass::text as line from pg_class as class
       where ${ours} and coalesce(obj_description(class.oid, 'pg_class'), '') = ''`,
    ),
  ).toEqual([]);
});

it('every column has a comment', async () => {
  expect(
    await linesOf(
      `select class.oid::regclass || '.' || attname as line
       from pg_class as class join pg_attribute on attrelid = class.oid and attnum > 0 and not attisdropped
       where ${ours} and coalesce(col_description(class.oid, attnum), '') = ''`,
    ),
  ).toEqual([]);
});

it('docs/data-dictionary.md is what the database says (UPDATE_DATA_DICTIONARY=1 writes it)', async () => {
  const expected = await renderDataDictionary(store.pool);
  if (process.env['UPDATE_DATA_DICTIONARY'] === '1') writeFileSync(page, expected);
  expect(readFileSync(page, 'utf8').split('\n')).toEqual(expected.split('\n'));
});

it('its picture names tables and columns that are there', async () => {
  const lines = Array.from(
    entityDiagram.matchAll(/^ {2}(\w+) \S+ (\w+) : "([^"]+)"$/gmu),
    ([, one = '', other = '', columns = '']) => ({ tables: [one, other], columns: columns.split(', ') }),
  );
  expect(lines).toHaveLength(entityDiagram.split('\n').length - 1);
  const known = new Set(
    await linesOf(
      `select relname || '.' || attname as line from pg_class as class join pg_attribute on attrelid = class.oid
       where relnamespace = 'tracking'::regnamespace`,
    ),
  );
  for (const { tables, columns } of lines)
    for (const table of tables) for (const column of columns) expect(known).toContain(`${table}.${column}`);
});
