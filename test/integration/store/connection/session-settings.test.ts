import knex from 'knex';
import pg from 'pg';
import { createPool, type Pool } from '../../../../src/store/connection/pool.ts';
import { TaskQueue } from '../../../../src/store/queue/task-queue.ts';
import { knexConfig, migrateDatabase } from '../../../../src/store/schema/migrate.ts';
import { openProcessSession } from '../../../../src/store/connection/session.ts';
import {
  createEmptyDatabase,
  createTestDatabase,
  type TestDatabase,
} from '../../../support/postgres/database.ts';

const names = [
  'search_path',
  'TimeZone',
  'DateStyle',
  'IntervalStyle',
  'lock_timeout',
  'idle_in_transaction_session_timeout',
  'idle_session_timeout',
  'default_transaction_isolation',
  'jit',
];
const ours = {
  search_path: 'pg_catalog, pg_temp',
  TimeZone: 'UTC',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  lock_timeout: '1min',
  idle_in_transaction_session_timeout: '10s',
  idle_session_timeout: '0',
  default_transaction_isolation: 'read committed',
  jit: 'off',
};
const read = `select name, current_setting(name) as value from unnest(array['${names.join(`','`)}']) as name`;

interface SettingRow {
  readonly name: string;
  readonly value: string;
}

function asObject(rows: readonly SettingRow[]): Record<string, string> {
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
}

let database: TestDatabase;
let admin: pg.Client;

async function open(created: Promise<TestDatabase>): Promise<void> {
  database = await created;
  admin = new pg.Client({ connectionString: database.url });
  await admin.connect();
}

/** What an administrator may have set for the database. */
async function setForDatabase(settings: readonly string[]): Promise<void> {
  const name = new URL(database.url).pathname.slice(1);
  for (const setting of settings) await admin.query(`alter database ${name} set ${setting}`);
}

const unusual = [
  `datestyle to 'German'`,
  `timezone to 'Asia/Kolkata'`,
  `intervalstyle to 'iso_8601'`,
  `lock_timeout to '1s'`,
  `idle_session_timeout to '1s'`,
  `default_transaction_isolation to 'serializable'`,
];

afterEach(async () => {
  await admin.end();
  await database.drop();
});

describe('a session', () => {
  beforeEach(async () => {
    await open(createTestDatabase());
    await setForDatabase(unusual);
  });

  it.each([
    ['', 'the database'],
    ['?options=-c%20TimeZone%3DAsia%2FTokyo%20-c%20lock_timeout%3D5s%20-c%20search_path%3Dpublic', 'the URL'],
  ])('has our settings, whatever %s%s sets', async (query) => {
    const url = `${database.url}${query}`;
    const pool = createPool({ databaseUrl: url, connectionsMax: 1, applicationName: 'test' });
    const session = await openProcessSession(url, { command: 'test', host: 'test', pid: 1 });
    const migrations = knex(knexConfig(url));
    try {
      expect(asObject((await pool.query<SettingRow>(read)).rows)).toEqual(ours);
      // Ended by the server where the process says nothing.
      const held = { ...ours, idle_session_timeout: '20s' };
      expect(asObject((await session.connection.query<SettingRow>(read)).rows)).toEqual(held);
      const { rows } = await migrations.raw<{ rows: SettingRow[] }>(read);
      expect(asObject(rows)).toEqual(ours);
    } finally {
      await migrations.destroy();
      await session.end();
      await pool.end();
    }
  });

  it('of the queue has them too, and does not wait for the disk', async () => {
    await admin.query(`
      create table public.seen (name text, value text);
      create function public.note() returns trigger language plpgsql as $$
        begin
          insert into public.seen select name, current_setting(name)
          from unnest(array['search_path', 'DateStyle', 'TimeZone', 'synchronous_commit']) as name;
          return null;
        end $$;
      create trigger note after update on sfmc_tracking_queue.job_common for each statement execute function public.note()`);
    const queue = await TaskQueue.start(database.url);
    const pool = createPool({ databaseUrl: database.url, connectionsMax: 1, applicationName: 'test' });
    await queue.enqueue(pool, [{ taskId: 1, accountId: 1 }]);
    await queue.fetch({ deliveriesMax: 1 });
    await pool.end();
    await queue.stop();
    const { rows } = await admin.query<SettingRow>('select distinct name, value from public.seen');
    expect(asObject(rows)).toEqual({
      search_path: ours.search_path,
      DateStyle: ours.DateStyle,
      TimeZone: 'UTC',
      synchronous_commit: 'off',
    });
  });
});

describe('migrations', () => {
  beforeEach(() => open(createEmptyDatabase()));

  it.each(['German', 'SQL, DMY', 'Postgres'])('run on a database with DateStyle %s', async (style) => {
    await setForDatabase([`datestyle to '${style.replace(', ', `', '`)}'`, ...unusual.slice(1)]);
    await migrateDatabase({ databaseUrl: database.url });
    expect(await migrateDatabase({ databaseUrl: database.url })).toEqual({ applied: [], views: [] });
  });

  it('call Postgres’ own functions, not those that another role planted in public', async () => {
    await admin.query(plantedFunctions);
    await setForDatabase([`search_path to public, pg_catalog`]);
    await migrateDatabase({ databaseUrl: database.url });
    expect((await admin.query('select from public.victims')).rowCount).toBe(0);
  });
});

/** Functions that a call of ours would choose over Postgres' own, were `public` searched first. */
const plantedFunctions = `
  create table public.victims (who text, what text);
  create function public.now() returns timestamptz language plpgsql as
    $$ begin insert into public.victims values (current_user, 'now'); return pg_catalog.now(); end $$;
  create function public.to_regclass(text) returns regclass language plpgsql as
    $$ begin insert into public.victims values (current_user, 'to_regclass'); return pg_catalog.to_regclass($1); end $$;
  create function public.hashtextextended(text, bigint) returns bigint language plpgsql as
    $$ begin insert into public.victims values (current_user, 'hash'); return pg_catalog.hashtextextended($1, $2); end $$;
  create function public.hashtextextended(text, integer) returns bigint language plpgsql as
    $$ begin insert into public.victims values (current_user, 'hash'); return pg_catalog.hashtextextended($1, $2); end $$;
  create function public.pg_advisory_lock(bigint) returns void language plpgsql as
    $$ begin insert into public.victims values (current_user, 'lock'); perform pg_catalog.pg_advisory_lock($1); end $$;`;

describe('a session that writes', () => {
  let pool: Pool;
  beforeEach(async () => {
    await open(createTestDatabase());
    await admin.query(plantedFunctions);
    await setForDatabase([`search_path to public, pg_catalog`]);
    pool = createPool({ databaseUrl: database.url, connectionsMax: 1, applicationName: 'test' });
  });
  afterEach(() => pool.end());

  it('calls Postgres’ own functions', async () => {
    await pool.query(`update pipeline.system_status set updated_at = now()`);
    await pool.query(`select hashtextextended('a', 0)`);
    expect((await admin.query('select from public.victims')).rowCount).toBe(0);
  });
});
