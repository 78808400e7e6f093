import { ConfigInvalidError } from '../../errors.ts';
import { holderText, sayWhileBlocked } from '../connection/lock-holders.ts';
import knex, { type Knex } from 'knex';
import pg from 'pg';
import { applyRepeatableObjects } from './apply-repeatable-objects.ts';
import { migrationSource } from './migration-source.ts';
import { readRepeatableObjects } from './repeatable-objects.ts';
import { queueSchema } from '../queue/open-boss.ts';
import {
  connectionOptions,
  connectTimeoutMs,
  createPool,
  sessionSettings,
  storeErrorFrom,
} from '../connection/pool.ts';
import { installQueue } from './install-queue.ts';
import { assertNoProcessRuns, hasOldQueue, moveQueue } from './move-queue.ts';
import { assertQueueSchemaIsOurs } from './queue-owner.ts';
import { defaultReaderRole, grantReading, setUpReaderLogins } from './reader-role.ts';

const applicationName = 'sfmc-tracking migrate';

/** knex's own settings, shared with `knexfile.ts`. */
export function knexConfig(databaseUrl: string): Knex.Config {
  return {
    client: 'pg',
    connection: { connectionString: databaseUrl, application_name: applicationName },
    acquireConnectionTimeout: connectTimeoutMs,
    pool: { min: 0, max: 2, afterCreate: setUpSession },
    migrations: { migrationSource, schemaName: 'pipeline', tableName: 'migrations' },
  };
}

function setUpSession(client: pg.Client, done: (error: unknown, client: pg.Client) => void): void {
  client.query(sessionSettings).then(
    () => {
      done(undefined, client);
    },
    (error: unknown) => {
      done(error, client);
    },
  );
}

export interface MigrateOptions {
  readonly databaseUrl: string;
  /** Gets one line for each change. */
  readonly onNotice?: (line: string) => void;
  /** The role that may read what is for analysts. */
  readonly readerRole?: string;
  /** Where the days of the views begin; undefined: as the database has it. */
  readonly reportingTimeZone?: string | undefined;
}

export interface MigrationOutcome {
  /** Names of the migrations that were applied now, oldest first. */
  applied: string[];
  /** Names of the views that were made or replaced now. */
  views: string[];
}

/**
 * Brings the database schema up to date: ours by knex, the views from their files, the queue's by pg-boss.
 *
 * @throws {ConfigInvalidError} before anything changes, when the connecting role may not create schemas, when the
 * queue's schema is another application's, or when
 * processes still use the queue of an earlier version.
 * @throws {StoreUnavailableError} when the database cannot be reached.
 */
export async function migrateDatabase(options: MigrateOptions): Promise<MigrationOutcome> {
  const { databaseUrl, onNotice } = options;
  const guard = new pg.Client(connectionOptions(databaseUrl, applicationName));
  // Without a listener, a connection that breaks would crash the process; the next statement reports it.
  guard.on('error', () => undefined);
  try {
    await guard.connect();
    await guard.query(sessionSettings);
    // Processes that start together migrate one after the other. A killed process leaves no lock behind.
    await sayWhileBlocked(
      guard,
      databaseUrl,
      (holder) => onNotice?.(`waiting for the lock of migrate: ${holderText(holder)}`),
      () =>
        guard.query(
          `set lock_timeout = 0; select pg_advisory_lock(hashtextextended('sfmc-tracking migrate', 0))`,
        ),
    );
    await assertMayCreateSchemas(guard);
    await assertQueueSchemaIsOurs(guard);
    const isQueueOld = await hasOldQueue(guard);
    if (isQueueOld) await assertNoProcessRuns(guard);
    const applied = await applyMigrations(databaseUrl);
    for (const name of applied) onNotice?.(`applied ${name}`);
    const views = await refreshViews(guard);
    await setUpReaders(guard, options);
    await installQueue(databaseUrl);
    if (isQueueOld) await leaveOldQueue(options);
    return { applied, views };
  } catch (error) {
    throw storeErrorFrom(error);
  } finally {
    await guard.end().catch(() => undefined);
  }
}

/** Before anything changes: what is missing is one line for the database's owner. */
async function assertMayCreateSchemas(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ mayCreate: boolean; database: string; role: string }>(
    `select has_database_privilege(current_database(), 'create') as "mayCreate",
            quote_ident(current_database()) as database, quote_ident(current_user) as role`,
  );
  const { mayCreate = false, database = '', role = '' } = rows[0] ?? {};
  if (mayCreate) return;
  throw new ConfigInvalidError(
    `role ${role} may not create schemas in database ${database}: let the owner of the database run \`grant create on database ${database} to ${role}\``,
  );
}

async function applyMigrations(databaseUrl: string): Promise<string[]> {
  const database = knex(knexConfig(databaseUrl));
  try {
    await database.raw('create schema if not exists pipeline');
    await database.migrate.forceFreeMigrationsLock();
    const outcome: unknown = await database.migrate.latest();
    const files = Array.isArray(outcome) && Array.isArray(outcome[1]) ? outcome[1] : [];
    return files.map((file: unknown) => migrationSource.getMigrationName(String(file)));
  } finally {
    await database.destroy();
  }
}

async function leaveOldQueue({ databaseUrl, onNotice }: MigrateOptions): Promise<void> {
  const pool = createPool({ databaseUrl, connectionsMax: 1, applicationName });
  try {
    const sent = await moveQueue(pool, databaseUrl);
    onNotice?.(
      `moved the queue from schema pgboss to ${queueSchema}, with ${sent} waiting tasks; if no other application uses pgboss, it can be dropped`,
    );
  } finally {
    await pool.end();
  }
}

async function setUpReaders(client: pg.Client, options: MigrateOptions): Promise<void> {
  const { readerRole = defaultReaderRole, reportingTimeZone, onNotice } = options;
  if (reportingTimeZone !== undefined && (await writeTimeZone(client, reportingTimeZone)))
    onNotice?.(`days of the views begin in ${reportingTimeZone}, from the next refresh of the rollups on`);
  if (!(await grantReading(client, readerRole))) return;
  for (const login of await setUpReaderLogins(client, readerRole))
    onNotice?.(`set search_path, default_transaction_read_only and statement_timeout of login ${login}`);
}

/** Returns whether it was another one before. */
async function writeTimeZone(client: pg.Client, timeZone: string): Promise<boolean> {
  const { rowCount } = await client.query(
    // A zone that Postgres does not know fails here, not in each view.
    `update bi.settings set time_zone = $1, updated_at = now() where time_zone <> $1 and now() at time zone $1 is not null`,
    [timeZone],
  );
  return rowCount === 1;
}

/** All in one transaction: readers see the views of one version or of the other. */
async function refreshViews(client: pg.Client): Promise<string[]> {
  await client.query('begin');
  try {
    const { rows } = await client.query<{ id: number }>(
      'select account_id as id from pipeline.accounts order by 1',
    );
    const made = await applyRepeatableObjects(client, readRepeatableObjects(rows.map(({ id }) => id)));
    await client.query('commit');
    return made;
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}
