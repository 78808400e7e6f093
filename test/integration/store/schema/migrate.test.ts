import type pg from 'pg';
import { migrateDatabase } from '../../../../src/store/schema/migrate.ts';
import { assertSchemaCurrent } from '../../../../src/store/schema/schema-version.ts';
import { createPool } from '../../../../src/store/connection/pool.ts';
import {
  createEmptyDatabase,
  createTestDatabase,
  type TestDatabase,
} from '../../../support/postgres/database.ts';
import { collectNotices } from '../../../support/postgres/notices.ts';

let database: TestDatabase;
let pool: pg.Pool;

async function open(created: Promise<TestDatabase>): Promise<void> {
  database = await created;
  pool = createPool({ databaseUrl: database.url, connectionsMax: 2, applicationName: 'test' });
}
afterEach(async () => {
  await pool.end();
  await database.drop();
});

it('migrates an empty database, and changes nothing the second time', async () => {
  await open(createEmptyDatabase());
  await expect(assertSchemaCurrent(pool)).rejects.toThrow('run npm run --silent cli -- migrate');
  const { notices, onNotice } = collectNotices();
  const options = { databaseUrl: database.url, onNotice };
  const { applied } = await migrateDatabase(options);
  expect(applied.length).toBeGreaterThan(0);
  expect(applied.filter((name) => /\.(ts|js)$/u.test(name))).toEqual([]);
  expect(notices).toEqual(applied.map((name) => `applied ${name}`));
  await expect(assertSchemaCurrent(pool)).resolves.toBeUndefined();
  expect(await migrateDatabase(options)).toEqual({ applied: [], views: [] });
});

it('runs once if several processes start at the same time', async () => {
  await open(createEmptyDatabase());
  const outcomes = await Promise.all([1, 2, 3].map(() => migrateDatabase({ databaseUrl: database.url })));
  expect(outcomes.filter(({ applied }) => applied.length > 0)).toHaveLength(1);
  await expect(assertSchemaCurrent(pool)).resolves.toBeUndefined();
});

it('reports a missing migration by its name without the file extension', async () => {
  await open(createTestDatabase());
  const { rows } = await pool.query<{ name: string }>('select name from pipeline.migrations order by name');
  expect(rows.filter(({ name }) => /\.(ts|js)$/u.test(name))).toEqual([]);
  await pool.query('delete from pipeline.migrations where name = $1', [rows.at(-1)?.name]);
  await expect(assertSchemaCurrent(pool)).rejects.toThrow(`1 of ${rows.length} migrations are missing`);
});

it('continues after a killed migration, without a lock to be freed by hand', async () => {
  await open(createTestDatabase());
  await pool.query('update pipeline.migrations_lock set is_locked = 1');
  expect(await migrateDatabase({ databaseUrl: database.url })).toEqual({ applied: [], views: [] });
});
