import { PgBoss } from 'pg-boss';
import { ConfigInvalidError } from '../../../../src/errors.ts';
import { migrateDatabase } from '../../../../src/store/schema/migrate.ts';
import { createPool, type Pool } from '../../../../src/store/connection/pool.ts';
import { openProcessSession } from '../../../../src/store/connection/session.ts';
import {
  createEmptyDatabase,
  createTestDatabase,
  type TestDatabase,
} from '../../../support/postgres/database.ts';
import { collectNotices } from '../../../support/postgres/notices.ts';
import { plantTask } from '../../../support/stored/ledger.ts';

let database: TestDatabase;
let pool: Pool;

async function open(created: Promise<TestDatabase>): Promise<void> {
  database = await created;
  pool = createPool({ databaseUrl: database.url, connectionsMax: 2, applicationName: 'test' });
}

afterEach(async () => {
  await pool.end();
  await database.drop();
});

/** Runs pg-boss as another application does, and as this program did in schema `pgboss`. */
async function inBoss(schema: string, work: (boss: PgBoss) => Promise<void>): Promise<void> {
  const boss = new PgBoss({ connectionString: database.url, schema, supervise: false, schedule: false });
  await boss.start();
  await work(boss);
  await boss.stop({ graceful: false });
}

async function column(text: string): Promise<unknown[]> {
  const { rows } = await pool.query<unknown[]>({ text, rowMode: 'array' });
  return rows.map(([value]) => value);
}

/** Every relation, function and row count of a schema. */
async function contentsOf(schema: string): Promise<unknown[]> {
  const relations = await column(
    `select concat_ws(' ', relname, relkind, pg_get_indexdef(oid)) from pg_class
     where relnamespace = '${schema}'::regnamespace and relkind <> 't' order by 1`,
  );
  const functions = await column(
    `select pg_get_functiondef(oid) from pg_proc where pronamespace = '${schema}'::regnamespace order by 1`,
  );
  const rows = await column(
    `select (xpath('/row/count/text()', query_to_xml(format('select count(*) from %s', oid::regclass), false, true, '')))[1]::text
     from pg_class where relnamespace = '${schema}'::regnamespace and relkind in ('r', 'p') order by relname`,
  );
  return [...relations, ...functions, ...rows];
}

const queued = `select (data ->> 'taskId')::int from sfmc_tracking_queue.job order by 1`;

describe('a database with another application’s pg-boss', () => {
  beforeEach(() => open(createEmptyDatabase()));

  it('keeps its pgboss schema exactly as it was, of whatever version it is', async () => {
    await inBoss('pgboss', async (boss) => {
      await boss.createQueue('other-app');
      await boss.send('other-app', { n: 1 });
    });
    await pool.query('update pgboss.version set version = 25');
    const before = await contentsOf('pgboss');

    await migrateDatabase({ databaseUrl: database.url });

    expect(await column('select version from pgboss.version')).toEqual([25]);
    expect(await contentsOf('pgboss')).toEqual(before);
  });

  it('is refused before anything changes if that uses the name of our schema', async () => {
    await inBoss('sfmc_tracking_queue', async (boss) => {
      await boss.createQueue('other-app');
    });

    const refusal = await migrateDatabase({ databaseUrl: database.url }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ConfigInvalidError);
    expect(String(refusal)).toContain('sfmc_tracking_queue');
    expect(
      await column(`select nspname from pg_namespace where nspname in ('pipeline', 'tracking')`),
    ).toEqual([]);
  });

  it('is refused if a schema of our name holds anything else', async () => {
    await pool.query('create schema sfmc_tracking_queue create table sfmc_tracking_queue.notes (text text)');
    await expect(migrateDatabase({ databaseUrl: database.url })).rejects.toThrow('another application');
    expect(await column('select count(*)::int from sfmc_tracking_queue.notes')).toEqual([0]);
  });

  it('is migrated if an administrator created the schema of our name and left it empty', async () => {
    await pool.query('create schema sfmc_tracking_queue');
    await migrateDatabase({ databaseUrl: database.url });
    expect(await column('select name from sfmc_tracking_queue.queue')).toEqual(['extract-task']);
  });
});

describe('an installation whose queue is in schema pgboss', () => {
  beforeEach(async () => {
    await open(createTestDatabase());
    await pool.query('drop schema sfmc_tracking_queue cascade');
    await inBoss('pgboss', async (boss) => {
      await boss.createQueue('other-app');
      await boss.send('other-app', { n: 1 });
      await boss.createQueue('extract-task', { policy: 'exclusive' });
      await boss.send('extract-task', { taskId: 1, accountId: 1 }, { singletonKey: '1' });
    });
  });

  it('moves: waiting tasks of the ledger are in the new queue, and pgboss keeps only what is not ours', async () => {
    const waiting = [await plantTask(pool), await plantTask(pool, { jobId: 43, state: 'interrupted' })];
    await plantTask(pool, { jobId: 44, state: 'done' });
    const { notices, onNotice } = collectNotices();

    await migrateDatabase({ databaseUrl: database.url, onNotice });

    expect(await column(queued)).toEqual(waiting);
    expect(await column('select name from pgboss.queue')).toEqual(['other-app']);
    expect(await column('select name from pgboss.job')).toEqual(['other-app']);
    expect(notices).toEqual([expect.stringContaining('2 waiting tasks')]);

    notices.length = 0;
    await migrateDatabase({ databaseUrl: database.url, onNotice });
    expect(notices).toEqual([]);
  });

  it('does not move while a process of the earlier version runs, and says which', async () => {
    const session = await openProcessSession(database.url, { command: 'worker', host: 'db-3', pid: 4711 });
    const before = await contentsOf('pgboss');

    const refusal = await migrateDatabase({ databaseUrl: database.url }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ConfigInvalidError);
    expect(String(refusal)).toMatch(/worker \(pid 4711 on db-3\).*migrate/u);

    expect(await column(`select to_regnamespace('sfmc_tracking_queue')::text`)).toEqual([null]);
    expect(await contentsOf('pgboss')).toEqual(before);
    await session.end();
    await migrateDatabase({ databaseUrl: database.url });
    expect(await column('select name from pgboss.queue')).toEqual(['other-app']);
  });

  it('keeps a queue of the same name whose entries are not ours', async () => {
    await pool.query(`update pgboss.job set data = '{"order": 7}' where name = 'extract-task'`);
    await migrateDatabase({ databaseUrl: database.url });
    expect(await column('select name from pgboss.queue order by 1')).toEqual(['extract-task', 'other-app']);
  });
});
