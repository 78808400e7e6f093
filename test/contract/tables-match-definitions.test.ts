import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { dimensionCatalog } from '../../src/dimensions/catalog.ts';
import { eventCatalog } from '../../src/events/catalog.ts';
import type { ColumnKind, EventDefinition } from '../../src/events/define-event.ts';
import { openStore, type Store } from '../support/stored/ledger.ts';

const typeOf: Readonly<Record<ColumnKind, string>> = {
  integer: 'bigint',
  text: 'text',
  instant: 'timestamp with time zone',
  uuid: 'uuid',
  boolean: 'boolean',
};
let store: Store;

beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());

interface TableColumn {
  name: string;
  type: string;
  nullable: boolean;
}

async function columnsOf(table: string): Promise<TableColumn[]> {
  const { rows } = await store.pool.query<TableColumn>(
    `select column_name as name, data_type as type, is_nullable = 'YES' as nullable
     from information_schema.columns where table_schema = 'tracking' and table_name = $1`,
    [table],
  );
  return rows;
}

const byName = (one: TableColumn, other: TableColumn) => (one.name < other.name ? -1 : 1);

/** Never null, whatever a record says: the time of an event, and the job it was asked under. */
const alwaysThere = ['occurred_at', 'job_id'];

function expectedColumns({ columns }: EventDefinition): TableColumn[] {
  return [
    { name: 'account_id', type: 'bigint', nullable: false },
    { name: 'loaded_at', type: typeOf.instant, nullable: false },
    { name: 'file_digits', type: 'smallint', nullable: true },
    ...Object.entries(columns).map(([name, { kind }]) => {
      return { name, type: typeOf[kind], nullable: !alwaysThere.includes(name) };
    }),
  ];
}

describe.each(eventCatalog.map((definition) => ({ definition, name: definition.name })))(
  'the table of $name',
  ({ definition }) => {
    it('has the columns of its definition, each of its kind, and no others', async () => {
      const columns = await columnsOf(definition.table);
      expect(columns.toSorted(byName)).toEqual(expectedColumns(definition).toSorted(byName));
    });

    it('has the hash of its identity in its unique index, nulls not distinct, after job and time', async () => {
      const { rows } = await store.pool.query<{ definition: string }>(
        `select indexdef as definition from pg_indexes where schemaname = 'tracking' and indexname = $1`,
        [`${definition.table}_identity`],
      );
      const hash = `hash_record_extended(ROW(${definition.identity.join(', ')}), (0)::bigint)`;
      expect(rows[0]?.definition).toContain(`(job_id, occurred_at, ${hash}, account_id) NULLS NOT DISTINCT`);
      expect(rows[0]?.definition).toMatch(/^CREATE UNIQUE INDEX/u);
    });

    it('is partitioned by the time of the event, without a default partition', async () => {
      const { rows } = await store.pool.query<{ key: string; partitions: string[] }>(
        `select pg_get_partkeydef(oid) as key,
                array(select pg_get_expr(part.relpartbound, part.oid) from pg_inherits
                      join pg_class as part on part.oid = inhrelid where inhparent = pg_class.oid) as partitions
         from pg_class where oid = $1::regclass`,
        [`tracking.${definition.table}`],
      );
      expect(rows[0]?.key).toBe('RANGE (occurred_at)');
      expect(rows[0]?.partitions).not.toContain('DEFAULT');
    });
  },
);

describe.each(dimensionCatalog.map((definition) => ({ definition, name: definition.name })))(
  'the table of the dimension $name',
  ({ definition }) => {
    it('has every column of its definition, each of its kind, and those that a reading sets', async () => {
      const columns = await columnsOf(definition.table);
      const types = new Map(columns.map(({ name, type }) => [name, type]));
      for (const [name, { kind }] of Object.entries(definition.columns))
        expect({ name, type: types.get(name) }).toEqual({ name, type: typeOf[kind] });
      expect([...types.keys()]).toEqual(expect.arrayContaining(Object.keys(definition.setOnUpsert)));
    });

    it('has the account and the key of its definition as its primary key', async () => {
      const { rows } = await store.pool.query<{ definition: string }>(
        `select pg_get_constraintdef(oid) as definition from pg_constraint
         where conrelid = $1::regclass and contype = 'p'`,
        [`tracking.${definition.table}`],
      );
      const key = new Set(['account_id', ...definition.key]);
      expect(rows[0]?.definition).toBe(`PRIMARY KEY (${[...key].join(', ')})`);
    });
  },
);

it.each([
  { folder: 'events', catalog: eventCatalog },
  { folder: 'dimensions', catalog: dimensionCatalog },
])('each definition in src/$folder is in its catalog', async ({ folder, catalog }) => {
  const home = path.join(import.meta.dirname, '..', '..', 'src', folder);
  const defined: unknown[] = [];
  for (const file of readdirSync(home)) {
    const loaded: unknown = await import(pathToFileURL(path.join(home, file)).href);
    const exported: unknown[] = typeof loaded === 'object' && loaded !== null ? Object.values(loaded) : [];
    defined.push(...exported.filter(isDefinition));
  }
  expect(new Set(defined)).toEqual(new Set<unknown>(catalog));
});

function isDefinition(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'objectType' in value;
}

it('every schema, table and column says what it is', async () => {
  const { rows } = await store.pool.query<{ name: string }>(
    `select format('%s.%s', nspname, relname) as name
     from pg_class join pg_namespace on pg_namespace.oid = relnamespace
     where nspname in ('tracking', 'pipeline', 'bi', 'fivetran') and relkind in ('r', 'p', 'v') and not relispartition
       and relname not like 'migrations%' and coalesce(obj_description(pg_class.oid, 'pg_class'), '') = ''
     union all
     select format('%s.%s.%s', nspname, relname, attname)
     from pg_attribute join pg_class on pg_class.oid = attrelid join pg_namespace on pg_namespace.oid = relnamespace
     where nspname in ('tracking', 'pipeline', 'bi', 'fivetran') and relkind in ('r', 'p', 'v') and not relispartition
       and relname not like 'migrations%' and attnum > 0 and not attisdropped
       and coalesce(col_description(attrelid, attnum), '') = ''
     union all
     select nspname from pg_namespace
     where nspname in ('tracking', 'pipeline', 'bi', 'fivetran') and coalesce(obj_description(oid, 'pg_namespace'), '') = ''`,
  );
  expect(rows.map(({ name }) => name)).toEqual([]);
});

describe('statements of views and rollups', () => {
  const folder = path.join(import.meta.dirname, '..', '..', 'src', 'bi');
  const statements = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.sql'))
    .map((file) => ({ file, text: readFileSync(path.join(folder, file), 'utf8') }));

  /** Most of the types: a statement that names fewer is about those. */
  const most = 7;

  it('that name most event types name all, so that a new one is missed in none', () => {
    const incomplete = statements.flatMap(({ file, text }) => {
      const missing = eventCatalog.filter(({ name }) => !text.includes(`'${name}'`)).map(({ name }) => name);
      return missing.length > 0 && eventCatalog.length - missing.length >= most ? [{ file, missing }] : [];
    });
    expect(incomplete).toEqual([]);
  });
});
