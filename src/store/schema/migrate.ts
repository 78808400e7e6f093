import knex, { type Knex } from 'knex';
import pg from 'pg';
import { applyRepeatableObjects } from './apply-repeatable-objects.ts';
import { migrationSource } from './migration-source.ts';
import { readRepeatableObjects } from './repeatable-objects.ts';
import { connectionOptions, connectTimeoutMs, storeErrorFrom } from '../pool.ts';
import { installTaskQueue } from '../ledger/task-queue.ts';

/** knex's own settings, shared with `knexfile.ts`. */
export function knexConfig(databaseUrl: string): Knex.Config {
  return {
    client: 'pg',
    connection: { connectionString: databaseUrl, application_name: 'sfmc-tracking migrate' },
    acquireConnectionTimeout: connectTimeoutMs,
    pool: { min: 0, max: 2 },
    migrations: { migrationSource, schemaName: 'pipeline', tableName: 'migrations' },
  };
}

export interface MigrationOutcome {
  /** Names of the migrations that were applied now, oldest first. */
  applied: string[];
  /** Names of the views that were made or replaced now. */
  views: string[];
}

/**
 * Brings the database schema up to date: ours by knex, the queue's by pg-boss.
 *
 * @throws {StoreUnavailableError} when the database cannot be reached.
 * @throws {StoreRejectedError} when the connecting role may not create schemas.
 */
export async function migrateDatabase(options: {
  databaseUrl: string;
  onNotice?: (line: string) => void;
}): Promise<MigrationOutcome> {
  const database = knex(knexConfig(options.databaseUrl));
  const guard = new pg.Client(connectionOptions(options.databaseUrl, 'sfmc-tracking migrate'));
  try {
    await guard.connect();
    // Processes that start together migrate one after the other. A killed process leaves no lock behind.
    await guard.query(
      `set lock_timeout = 0; select pg_advisory_lock(hashtextextended('sfmc-tracking migrate', 0))`,
    );
    await database.raw('create schema if not exists pipeline');
    await database.migrate.forceFreeMigrationsLock();
    const applied = await latest(database);
    for (const name of applied) options.onNotice?.(`applied ${name}`);
    const views = await refreshViews(guard);
    await installTaskQueue(options.databaseUrl);
    return { applied, views };
  } catch (error) {
    throw storeErrorFrom(error);
  } finally {
    await guard.end().catch(() => undefined);
    await database.destroy();
  }
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

async function latest(database: Knex): Promise<string[]> {
  const outcome: unknown = await database.migrate.latest();
  const files = Array.isArray(outcome) && Array.isArray(outcome[1]) ? outcome[1] : [];
  return files.map((file: unknown) => migrationSource.getMigrationName(String(file)));
}
