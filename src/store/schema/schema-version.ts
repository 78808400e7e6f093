import { program } from '../../invocation.ts';
import { ConfigInvalidError } from '../../errors.ts';
import { type Queryable, storeErrorFrom } from '../connection/pool.ts';
import { migrationSource } from './migration-source.ts';
import { compareRepeatableObjects, readViewVersions } from './repeatable-objects.ts';

/**
 * Refuses to work on a schema that is behind this program. Needs neither knex nor pg-boss: commands that only
 * read check the schema, too.
 *
 * @throws {ConfigInvalidError} one line that says to run `sfmc-tracking migrate`.
 */
export async function assertSchemaCurrent(database: Queryable): Promise<void> {
  const files = await migrationSource.getMigrations([]);
  const wanted = files.map((file) => migrationSource.getMigrationName(file));
  const missing = await missingMigrations(database, wanted);
  if (missing.length === 0 && (await isTaskQueueInstalled(database))) {
    await assertViewsCurrent(database);
    return;
  }
  throw new ConfigInvalidError(
    `the database schema is behind this program (${missing.length} of ${wanted.length} migrations are missing): run ${program} migrate`,
    { missing },
  );
}

/** The views of `fivetran` are not looked at: an account that is new has none yet, and only `migrate` makes them. */
async function assertViewsCurrent(database: Queryable): Promise<void> {
  const views = readViewVersions();
  const { stale } = await compareRepeatableObjects(database, views);
  if (stale.length === 0) return;
  throw new ConfigInvalidError(
    `the views of the database are of another version than this program (${stale.length} of ${views.length}): run ${program} migrate`,
    { views: stale.map(({ name }) => name) },
  );
}

async function missingMigrations(database: Queryable, wanted: string[]): Promise<string[]> {
  try {
    if (!(await hasTable(database, 'pipeline.migrations'))) return wanted;
    const { rows } = await database.query<{ name: string }>('select name from pipeline.migrations');
    const applied = new Set(rows.map(({ name }) => name));
    return wanted.filter((name) => !applied.has(name));
  } catch (error) {
    throw storeErrorFrom(error);
  }
}

function isTaskQueueInstalled(database: Queryable): Promise<boolean> {
  return hasTable(database, 'sfmc_tracking_queue.queue');
}

async function hasTable(database: Queryable, name: string): Promise<boolean> {
  const { rows } = await database.query<{ found: boolean }>('select to_regclass($1) is not null as found', [
    name,
  ]);
  return rows[0]?.found === true;
}
