import { applyRepeatableObjects } from '../../../../src/store/schema/apply-repeatable-objects.ts';
import { migrateDatabase } from '../../../../src/store/schema/migrate.ts';
import { inDependencyOrder, readRepeatableObjects } from '../../../../src/store/schema/repeatable-objects.ts';
import { assertSchemaCurrent } from '../../../../src/store/schema/schema-version.ts';
import { inTransaction } from '../../../../src/store/connection/pool.ts';
import { openStore, type Store } from '../../../support/stored/ledger.ts';

let store: Store;

beforeEach(async () => {
  store = await openStore();
});
afterEach(() => store.close());

/** The views that are there, and beside them two of the test's own: `bi.upper_view` reads `bi.lower_view`. */
function viewsWith(lower: string, upper = 'select * from bi.lower_view'): { name: string; sql: string }[] {
  return [
    { name: 'bi.upper_view', sql: `create or replace view bi.upper_view as ${upper}` },
    { name: 'bi.lower_view', sql: `create or replace view bi.lower_view as ${lower}` },
  ];
}

async function apply(views: readonly { name: string; sql: string }[]): Promise<string[]> {
  const objects = [...readRepeatableObjects([]), ...inDependencyOrder(views)];
  return await inTransaction(store.pool, (tx) => applyRepeatableObjects(tx, objects));
}

async function columnsOf(view: string): Promise<string[]> {
  const { rows } = await store.pool.query<{ name: string }>(
    `select attname as name from pg_attribute where attrelid = to_regclass($1) and attnum > 0 order by attnum`,
    [view],
  );
  return rows.map(({ name }) => name);
}

describe('views', () => {
  it('are made in the order in which they read each other, once', async () => {
    expect(await apply(viewsWith('select 1 as one'))).toEqual(['bi.lower_view', 'bi.upper_view']);
    expect(await apply(viewsWith('select 1 as one'))).toEqual([]);
  });

  it('are replaced in place where only a column is added, and nothing else is made anew', async () => {
    await apply(viewsWith('select 1 as one', 'select one from bi.lower_view'));
    const made = await apply(viewsWith('select 1 as one, 2 as two', 'select one from bi.lower_view'));
    expect(made).toEqual(['bi.lower_view']);
    expect(await columnsOf('bi.lower_view')).toEqual(['one', 'two']);
  });

  it('are made anew with all that read them where a column goes, and keep the rights of others', async () => {
    await apply(viewsWith('select 1 as one, 2 as two'));
    await store.pool.query('grant select on bi.upper_view to public');
    const made = await apply(viewsWith('select 2 as two'));
    expect(made).toEqual(['bi.lower_view', 'bi.upper_view']);
    expect(await columnsOf('bi.upper_view')).toEqual(['two']);
    const { rows } = await store.pool.query<{ may: boolean }>(
      `select has_table_privilege('sfmc_tracking_reader', 'bi.upper_view', 'select')
          and exists (select from pg_class, aclexplode(relacl) as entry
                      where oid = 'bi.upper_view'::regclass and entry.grantee = 0) as may`,
    );
    expect(rows).toEqual([{ may: true }]);
  });

  it('may come to read each other the other way round', async () => {
    await apply(viewsWith('select 1 as one'));
    const turned = viewsWith('select one from bi.upper_view', 'select 2 as one, 3 as three');
    expect(await apply(turned)).toContain('bi.upper_view');
    expect(await columnsOf('bi.lower_view')).toEqual(['one']);
    expect(await apply(turned)).toEqual([]);
  });

  it('that have no file any more are dropped', async () => {
    await apply(viewsWith('select 1 as one'));
    await apply([]);
    expect(await columnsOf('bi.lower_view')).toEqual([]);
  });

  it('that somebody dropped are made again', async () => {
    await apply(viewsWith('select 1 as one'));
    await store.pool.query('drop view bi.upper_view');
    expect(await apply(viewsWith('select 1 as one'))).toEqual(['bi.upper_view']);
  });

  it('all stay as they were where one cannot be made', async () => {
    await apply(viewsWith('select 1 as one'));
    const broken = viewsWith('select 1 as one, 2 as two', 'select no_such_column from bi.lower_view');
    await expect(apply(broken)).rejects.toThrow('no_such_column');
    expect(await columnsOf('bi.lower_view')).toEqual(['one']);
  });

  it('of other people that read one which has to be made anew are named, and nothing changes', async () => {
    await apply(viewsWith('select 1 as one, 2 as two'));
    await store.pool.query('create view public.report as select two from bi.upper_view');
    await expect(apply(viewsWith('select 2 as two'))).rejects.toThrow(
      'public.report reads bi.upper_view, which this version has to make anew: drop public.report, run npm run --silent cli -- migrate, create it again',
    );
    expect(await columnsOf('bi.upper_view')).toEqual(['one', 'two']);
  });

  it('of other people stay where it can be replaced in place', async () => {
    await apply(viewsWith('select 1 as one'));
    await store.pool.query('create view public.report as select one from bi.lower_view');
    expect(await apply(viewsWith('select 1 as one, 2 as two'))).toEqual(['bi.lower_view']);
    expect(await columnsOf('public.report')).toEqual(['one']);
  });
});

describe('a database whose views are of another version', () => {
  it('is refused with one line until migrate has made them, once', async () => {
    await store.pool.query(
      `update pipeline.repeatable_objects set checksum = 'other' where name = 'bi._job'`,
    );
    await expect(assertSchemaCurrent(store.pool)).rejects.toThrow(
      /the views of the database are of another version than this program \(1 of \d+\): run npm run --silent cli -- migrate/u,
    );
    expect(await migrateDatabase({ databaseUrl: store.url })).toEqual({ applied: [], views: ['bi._job'] });
    await assertSchemaCurrent(store.pool);
  });
});
