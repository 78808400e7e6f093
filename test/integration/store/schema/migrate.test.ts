import type pg from 'pg';
import { migrateDatabase } from '../../../../src/store/schema/migrate.ts';
import { assertSchemaCurrent } from '../../../../src/store/schema/schema-version.ts';
import { createPool } from '../../../../src/store/connection/pool.ts';
import { createEmptyDatabase, type TestDatabase } from '../../../support/postgres/database.ts';
import { collectNotices } from '../../../support/postgres/notices.ts';

let database: TestDatabase;
let pool: pg.Pool;

beforeEach(async () => {
  database = await createEmptyDatabase();
  pool = createPool({ databaseUrl: database.url, connectionsMax: 2, applicationName: 'test' });
});
afterEach(async () => {
  await pool.end();
  await database.drop();
});

it('migrates an empty database, and changes nothing the second time', async () => {
  await expect(assertSchemaCurrent(pool)).rejects.toThrow('run npm run --silent cli -- migrate');
  const { notices, onNotice } = collectNotices();
  const options = { databaseUrl: database.url, onNotice };
  const { applied } = await migrateDatabase(options);
  expect(applied.length).toBeGreaterThan(0);
  expect(notices).toEqual(applied.map((name) => `applied ${name}`));
  await expect(assertSchemaCurrent(pool)).resolves.toBeUndefined();
  expect(await migrateDatabase(options)).toEqual({ applied: [], views: [] });
});

it('runs once if several processes start at the same time', async () => {
  const outcomes = await Promise.all([1, 2, 3].map(() => migrateDatabase({ databaseUrl: database.url })));
  expect(outcomes.filter(({ applied }) => applied.length > 0)).toHaveLength(1);
  await expect(assertSchemaCurrent(pool)).resolves.toBeUndefined();
});

it('reports a missing migration by its name without the file extension', async () => {
  const { applied } = await migrateDatabase({ databaseUrl: database.url });
  expect(applied.filter((name) => /\.(ts|js)$/u.test(name))).toEqual([]);
  await pool.query('delete from pipeline.migrations where name = $1', [applied.at(-1)]);
  await expect(assertSchemaCurrent(pool)).rejects.toThrow(`1 of ${applied.length} migrations are missing`);
});

it('continues after a killed migration, without a lock to be freed by hand', async () => {
  await migrateDatabase({ databaseUrl: database.url });
  await pool.query('update pipeline.migrations_lock set is_locked = 1');
  expect(await migrateDatabase({ databaseUrl: database.url })).toEqual({ applied: [], views: [] });
});
