import { type Config, loadConfig } from '../config/config.ts';
import { ConfigInvalidError } from '../errors.ts';
import { assertSchemaCurrent } from '../store/schema/schema-version.ts';
import { createPool, type Pool, storeErrorFrom } from '../store/pool.ts';
import type { CommandContext, Output } from './context.ts';

export interface OpenDatabase {
  readonly url: string;
  /** True where `DATABASE_URL` is not set. */
  readonly isEmbedded: boolean;
  readonly pool: Pool;
  close(): Promise<void>;
}

export interface OpenDatabaseOptions {
  /** Shown in pg_stat_activity after `sfmc-tracking`. */
  readonly command: string;
  readonly stderr: Output;
  readonly connectionsMax?: number;
  /** The caller brings the schema up to date itself. */
  readonly isSchemaOptional?: boolean;
}

/**
 * Opens the configured database, or the embedded one, with a schema that fits this program.
 *
 * The embedded database is brought up to date without a word; a given one is only looked at.
 *
 * @throws {ConfigInvalidError} when a given database's schema is behind.
 * @throws {StoreUnavailableError} when it cannot be reached.
 */
export async function openDatabase(config: Config, options: OpenDatabaseOptions): Promise<OpenDatabase> {
  const { url, leave } = await locate(config, options.stderr);
  const isEmbedded = config.databaseUrl === undefined;
  const pool = createPool({
    databaseUrl: url,
    connectionsMax: options.connectionsMax ?? 4,
    applicationName: `sfmc-tracking ${options.command}`,
  });
  const close = async (): Promise<void> => {
    await pool.end().catch(() => undefined);
    await leave();
  };
  try {
    if (!options.isSchemaOptional) {
      if (isEmbedded) await migrateWhereBehind(pool, url);
      else await assertSchemaCurrent(pool);
    }
    return { url, isEmbedded, pool, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Opens the database for one piece of work of a command that needs nothing else. */
export async function withDatabase<Result>(
  command: string,
  { env, cwd, stderr }: CommandContext,
  work: (pool: Pool) => Promise<Result>,
): Promise<Result> {
  const config = loadConfig(env, { cwd });
  const database = await openDatabase(config, { command, stderr });
  try {
    return await work(database.pool);
  } catch (error) {
    throw storeErrorFrom(error);
  } finally {
    await database.close();
  }
}

async function migrateWhereBehind(pool: Pool, databaseUrl: string): Promise<void> {
  try {
    await assertSchemaCurrent(pool);
  } catch (error) {
    if (!(error instanceof ConfigInvalidError)) throw error;
    // Loaded only where it is used: knex and pg-boss take longer to load than most commands to run.
    const { migrateDatabase } = await import('../store/schema/migrate.ts');
    await migrateDatabase({ databaseUrl });
  }
}

async function locate(config: Config, stderr: Output): Promise<{ url: string; leave: () => Promise<void> }> {
  if (config.databaseUrl !== undefined)
    return { url: config.databaseUrl.reveal(), leave: () => Promise.resolve() };

  // Loaded only where it is used: a server's image may come without the embedded Postgres.
  const { joinEmbeddedPostgres } = await import('../store/embedded/embedded-postgres.ts');
  return joinEmbeddedPostgres({
    dataDir: config.dataDir,
    onNotice: (line) => stderr.write(`${line}\n`),
  });
}
