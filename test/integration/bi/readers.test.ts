import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { inTransaction } from '../../../src/store/connection/pool.ts';
import { migrateDatabase } from '../../../src/store/schema/migrate.ts';
import { makeAnalystWorld } from '../../support/analysts/analyst-world.ts';
import { runInProcess } from '../../support/program/in-process-cli.ts';
import { openStore, type Store } from '../../support/stored/ledger.ts';
import { untilWaiting } from '../../support/stored/lock-waits.ts';

// Roles belong to the server, which other tests use at the same time.
const name = `reader_${randomBytes(6).toString('hex')}`;
const role = `${name}_role`;
const logins = { all: `${name}_all`, one: `${name}_one` };
let store: Store;
let notices: string[];
const pools: pg.Pool[] = [];

beforeAll(async () => {
  store = await openStore();
  await makeAnalystWorld(store.pool);
  await store.pool.query(`create role ${role} nologin`);
  for (const login of Object.values(logins))
    await store.pool.query(`create role ${login} login password 'x' in role ${role}`);
  await migrate();
});
afterAll(async () => {
  for (const pool of pools) await pool.end();
  await store.pool.query(`drop owned by ${role}, ${logins.all}, ${logins.one}`);
  for (const each of [logins.all, logins.one, role]) await store.pool.query(`drop role ${each}`);
  await store.close();
});

async function migrate(reportingTimeZone?: string): Promise<void> {
  notices = [];
  const onNotice = (line: string) => void notices.push(line);
  await migrateDatabase({ databaseUrl: store.url, readerRole: role, reportingTimeZone, onNotice });
}

/** Without the settings that our own sessions begin with. */
function poolOf(login: string): pg.Pool {
  const url = new URL(store.url);
  url.username = login;
  url.password = 'x';
  const pool = new pg.Pool({ connectionString: url.href, max: 1 });
  // Its connection may still be closing when the database is dropped.
  pool.on('error', () => undefined);
  pools.push(pool);
  return pool;
}

async function linesOf(pool: pg.Pool, query: string): Promise<string[]> {
  const { rows } = await pool.query<{ line: string }>(query);
  return rows.map(({ line }) => line);
}

describe('a reader', () => {
  let reader: pg.Pool;
  beforeAll(() => {
    reader = poolOf(logins.all);
  });

  it('sees tables and views for analysts, no partition on its own, and may change nothing', async () => {
    const readable = await linesOf(
      reader,
      `select distinct nspname || case when relispartition then ' part' else '' end as line
       from pg_class as class join pg_namespace as schema on schema.oid = class.relnamespace
       where relkind in ('r', 'p', 'v', 'm') and nspname not in ('pg_catalog', 'information_schema')
         and has_schema_privilege(schema.oid, 'usage') and has_table_privilege(class.oid, 'select') order by 1`,
    );
    expect(readable).toEqual(['bi', 'fivetran_1', 'fivetran_2', 'tracking']);
    const writable = await linesOf(
      reader,
      `select relname as line from pg_class where relkind in ('r', 'p', 'v')
         and relnamespace::regnamespace::text in ('bi', 'tracking', 'fivetran_1', 'pipeline')
         and has_table_privilege(oid, 'insert, update, delete, truncate')`,
    );
    expect(writable).toEqual([]);
    await expect(reader.query('select * from pipeline.accounts')).rejects.toThrow('permission denied');
  });

  it('can read every table and view that there is', async () => {
    const unreadable = await linesOf(
      reader,
      `select relname as line from pg_class
       where relkind in ('r', 'p', 'v') and not relispartition and not has_table_privilege(oid, 'select')
         and relnamespace::regnamespace::text in ('bi', 'tracking', 'fivetran_1', 'fivetran_2')`,
    );
    expect(unreadable).toEqual([]);
    expect(await linesOf(reader, 'select count(*)::text as line from bi.completeness')).not.toEqual(['0']);
    expect(await linesOf(reader, 'select count(*)::text as line from bi.job_performance')).toEqual(['5']);
  });

  it('logs in with a search path, read-only, with a timeout; settings of its own stay', async () => {
    expect(
      await linesOf(
        reader,
        `select concat_ws(' | ', current_setting('search_path'), current_setting('default_transaction_read_only'),
                          current_setting('statement_timeout')) as line`,
      ),
    ).toEqual(['bi, tracking, public | on | 1min']);
    await store.pool.query(
      `do $do$ begin execute format('alter role ${logins.one} in database %I set statement_timeout = %L', current_database(), '5s'); end $do$`,
    );
    await migrate();
    expect(notices).toEqual([]);
    expect(await linesOf(poolOf(logins.one), `select current_setting('statement_timeout') as line`)).toEqual([
      '5s',
    ]);
  });

  it('of another role of the server sees nothing here', async () => {
    const seen = await linesOf(
      store.pool,
      `select nspname as line from pg_namespace
       where nspname in ('bi', 'tracking', 'fivetran_1') and has_schema_privilege('sfmc_tracking_reader', oid, 'usage')`,
    );
    expect(seen).toEqual([]);
  });
});

it('a month that is made later is read through its table alone', async () => {
  await store.pool.query(
    `create table tracking.open_events_later partition of tracking.open_events for values from ('2030-01-01Z') to ('2030-02-01Z')`,
  );
  const reader = poolOf(logins.all);
  await expect(reader.query('select from tracking.open_events_later')).rejects.toThrow('permission denied');
  await reader.query('select from tracking.open_events limit 1');
});

it('REPORTING_TIMEZONE is written into the database, once, and stays where it is not given', async () => {
  await migrate('Asia/Kolkata');
  expect(notices).toEqual([
    'days of the views begin in Asia/Kolkata, from the next refresh of the rollups on',
  ]);
  await migrate('Asia/Kolkata');
  await migrate();
  expect(notices).toEqual([]);
  expect(await linesOf(store.pool, 'select time_zone as line from bi.settings')).toEqual(['Asia/Kolkata']);
  await expect(migrate('Mars/Olympus')).rejects.toThrow('time zone');
});

it('migrate prints the SQL of a login with its settings, until there is one', async () => {
  const other = `${name}_other`;
  const print = async (readerRole: string): Promise<string> => {
    let text = '';
    const stdout = { write: (part: string) => (text += part).length > 0 };
    const env = { DATABASE_URL: store.url, READER_ROLE: readerRole };
    expect(await runInProcess(['migrate'], { env, stdout })).toBe(0);
    return text;
  };
  const printed = await print(other);
  expect(printed).toContain(`create role bi_reader login password '…' in role ${other};`);
  for (const setting of ['search_path = bi, tracking, public', `default_transaction_read_only = 'on'`])
    expect(printed).toContain(`set ${setting};`);
  expect(await print(role)).toBe('the database schema is up to date\n');
  await store.pool.query(`drop owned by ${other}`);
  await store.pool.query(`drop role ${other}`);
});

it('migrate leaves a login out that is dropped meanwhile: logins are of the whole server', async () => {
  const passing = `${name}_passing`;
  await store.pool.query(`create role ${passing} login in role ${role}`);
  const migrating = await inTransaction(store.pool, async (tx) => {
    await tx.query(`drop role ${passing}`);
    // The login is there until the commit, and migrate waits for that to change it.
    const begun = migrate().then(
      () => 'migrated',
      (error: unknown) => String(error),
    );
    await untilWaiting(store.pool, 1);
    return { begun };
  });
  expect(await migrating.begun).toBe('migrated');
  expect(notices).toEqual([]);
});

describe('row-level security by account', () => {
  const document = readFileSync(
    path.join(import.meta.dirname, '..', '..', '..', 'docs', 'row-level-security.md'),
    'utf8',
  );
  const [switchOn = '', allow = '', switchOff = ''] = Array.from(
    document.matchAll(/```sql\n([\s\S]*?)```/gu),
    ([, sql]) => sql?.replaceAll('sfmc_tracking_reader', role).replaceAll('bi_reader', logins.one) ?? '',
  );

  const visible = async (login: string) => {
    const reader = poolOf(login);
    const relations = await linesOf(
      reader,
      `select nspname || '.' || relname as line
       from pg_class as class join pg_namespace as schema on schema.oid = class.relnamespace
       join pg_attribute as attribute on attrelid = class.oid and attname in ('account_id', 'accountid')
       where relkind in ('r', 'p', 'v') and not relispartition and nspname in ('tracking', 'bi') order by 1`,
    );
    const seen = new Set<string>();
    for (const relation of relations) {
      const column = relation.includes('._') ? 'accountid' : 'account_id';
      for (const line of await linesOf(reader, `select distinct ${column}::text as line from ${relation}`))
        seen.add(line);
    }
    return [...seen].sort();
  };

  it('shows each login its accounts in every table and view, nothing to a login without any, all to the owner', async () => {
    await store.pool.query(`insert into pipeline.checkpoints (account_id, job_id, event_type, asked_at)
                            values (1, 10, 'sent', now()), (2, 30, 'sent', now())`);
    expect(await visible(logins.one)).toEqual(['1', '2']);
    await store.pool.query(switchOn);
    await store.pool.query(allow.replaceAll('7000001', '2'));
    expect(await visible(logins.one)).toEqual(['2']);
    expect(await visible(logins.all)).toEqual([]);
    expect(
      await linesOf(store.pool, 'select distinct account_id::text as line from bi.freshness order by 1'),
    ).toEqual(['1', '2']);
    // To be run after each upgrade as well.
    await store.pool.query(switchOn);
    await store.pool.query(switchOff);
    expect(await visible(logins.all)).toEqual(['1', '2']);
  });
});
