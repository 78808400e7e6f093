// `npm run db:reset -- --yes`: deletes everything this product keeps in its database, and migrates afresh.
import { loadConfig } from '../src/config/config.ts';
import { ConfigInvalidError, PipelineError, StoreRejectedError } from '../src/errors.ts';
import { openDatabase } from '../src/cli/open-database.ts';
import { migrateDatabase } from '../src/store/schema/migrate.ts';
import { inTransaction, type Pool } from '../src/store/connection/pool.ts';

// The role for BI tools is the server's, not the database's: it stays, and the migrations grant to it again.
const schemas = ['tracking', 'bi', 'pipeline', 'sfmc_tracking_queue'];

/**
 * Drops the product's schemas with all they hold, and brings them up again empty; nothing else is touched.
 *
 * @throws {ConfigInvalidError} without `--yes`, naming the database that would be emptied.
 * @throws {StoreRejectedError} while other processes of the product use the database.
 */
async function resetDatabase(args: readonly string[]): Promise<string> {
  const config = loadConfig(process.env, { cwd: process.cwd() });
  const command = 'db:reset';
  const database = await openDatabase(config, {
    command,
    onNotice: (line) => console.error(line),
    isSchemaOptional: true,
  });
  const { host, pathname } = new URL(database.url);
  const name = `${host}${pathname}`;
  try {
    if (args.join(' ') !== '--yes') {
      throw new ConfigInvalidError(
        `this deletes every event in ${name}: \`npm run db:reset -- --yes\` does it`,
      );
    }
    await refuseWhileInUse(database.pool, name);
    await inTransaction(database.pool, (tx) =>
      tx.query(`drop schema if exists ${schemas.join(', ')} cascade`),
    );
    const { applied } = await migrateDatabase({ databaseUrl: database.url });
    return `${name} is empty again: ${applied.length} migrations applied`;
  } finally {
    await database.close();
  }
}

async function refuseWhileInUse(pool: Pool, name: string): Promise<void> {
  const { rows } = await pool.query<{ application: string }>(
    `select distinct application_name as application from pg_stat_activity
     where datname = current_database() and application_name like 'sfmc-tracking %'
       and application_name <> 'sfmc-tracking db:reset'`,
  );
  if (rows.length === 0) return;
  const users = rows.map(({ application }) => application).join(', ');
  throw new StoreRejectedError(`${name} is in use (${users}): stop that first`);
}

try {
  console.log(await resetDatabase(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof PipelineError)) throw error;
  console.error(`db:reset: ${error.message}`);
  process.exitCode = 2;
}
