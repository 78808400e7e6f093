import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { eventCatalog } from '../../../../src/events/catalog.ts';
import { loadStatement } from '../../../../src/store/load/load-statement.ts';
import { openStore, type Store } from '../../../support/stored/ledger.ts';

let store: Store;
beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());

/** Tables that docs/scaling.md distributes by account: all of `tracking`, and the marks that a page moves with its rows. */
const marks = ['checkpoints', 'window_widths', 'unavailable_event_types', 'deficits'];

describe('tables that could be distributed by account', () => {
  it('have the account in each of their unique keys, as a distributed table must', async () => {
    const { rows } = await store.pool.query<{ name: string; hasAccount: boolean }>(
      `select index.indexrelid::regclass::text as name,
              exists (select from pg_attribute as attribute
                      where attribute.attrelid = index.indrelid and attribute.attname = 'account_id'
                        and attribute.attnum = any(index.indkey)) as "hasAccount"
       from pg_index as index
       join pg_class as class on class.oid = index.indrelid and not class.relispartition
       join pg_namespace as schema on schema.oid = class.relnamespace
       where index.indisunique
         and (schema.nspname = 'tracking' or schema.nspname = 'pipeline' and class.relname = any($1))
       order by 1`,
      [marks],
    );
    expect(rows.length).toBeGreaterThan(eventCatalog.length + marks.length);
    expect(rows.filter(({ hasAccount }) => !hasAccount)).toEqual([]);
  });

  it('refer to no other table by a foreign key', async () => {
    const { rows } = await store.pool.query(
      `select conname from pg_constraint join pg_namespace as schema on schema.oid = connamespace
       where contype = 'f' and nspname in ('tracking', 'pipeline')`,
    );
    expect(rows).toEqual([]);
  });
});

describe('the statement that commits a page', () => {
  it.each(eventCatalog)('inserts $name events of one account, which each conflict names', (definition) => {
    for (const rows of ['insert-only', 'on-conflict'] as const) {
      const { text } = loadStatement(definition, { rows, finishesWindow: true });
      const [, columns = ''] =
        new RegExp(`insert into tracking\\.${definition.table} \\(([^)]*)\\)`, 'u').exec(text) ?? [];
      expect(columns).toMatch(/\baccount_id\b/u);
      if (rows === 'on-conflict') expect(text).toMatch(/on conflict \(account_id\b/u);
    }
  });
});

describe('statements of the rollups', () => {
  const folder = path.join(import.meta.dirname, '..', '..', '..', '..', 'src', 'bi', 'rollups');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.sql'),
  );

  it('name the account wherever they read or write a table of events or rollups', () => {
    const texts = files.map((file) => ({ file, text: readFileSync(path.join(folder, file), 'utf8') }));
    const reading = texts.filter(({ text }) => /\b(?:from|join|into|update|using) tracking\.\w+/u.test(text));
    expect(reading.length).toBeGreaterThan(5);
    expect(reading.filter(({ text }) => !/\baccount_id\b/u.test(text)).map(({ file }) => file)).toEqual([]);
  });
});
