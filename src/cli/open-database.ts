import { type Config, loadConfig } from '../config/config.ts';
import { ConfigInvalidError } from '../errors.ts';
import { assertSchemaCurrent } from '../store/schema/schema-version.ts';
import { createPool, type Pool, storeErrorFrom } from '../store/connection/pool.ts';
import { openCheckedPool } from '../store/connection/server-check.ts';
import type { CommandContext } from './context.ts';
import { endCommandInTime } from './ending/end-in-time.ts';
import { noticesOf, printLines } from './output.ts';

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
  /** Takes what the embedded Postgres has to say, in lines for people. */
  readonly onNotice: (line: string) => void;
  readonly connectionsMax?: number;
  /** The caller migrates the schema itself. */
  readonly isSchemaOptional?: boolean;
}

/**
 * Opens the configured database, or the embedded one, with a schema that fits this program.
 *
 * The embedded database is migrated without a notice; the schema of a configured one is only checked.
 *
 * @throws {ConfigInvalidError} when a configured database's schema is behind, or its server cannot be used.
 * @throws {StoreUnavailableError} when it cannot be reached.
 */
export async function openDatabase(config: Config, options: OpenDatabaseOptions): Promise<OpenDatabase> {
  const isEmbedded = config.databaseUrl === undefined;
  const { url, leave } = await locate(config, options.onNotice);
  const poolOptions = {
    databaseUrl: url,
    connectionsMax: options.connectionsMax ?? 4,
    applicationName: `sfmc-tracking ${options.command}`,
  };
  const pool = isEmbedded ? createPool(poolOptions) : await openCheckedPool(poolOptions);
  const close = async (): Promise<void> => {
    await pool.end().catch(() => undefined);
    await leave();
  };
  try {
    if (!options.isSchemaOptional) {
      if (isEmbedded) await migrateWhereBehind(pool, url, config);
      else await assertSchemaCurrent(pool);
    }
    return { url, isEmbedded, pool, close };
  } catch (error) {
    await close();
    throw error;
  }
}

type WithDatabaseOptions = Pick<OpenDatabaseOptions, 'command' | 'connectionsMax'> & {
  readonly optionProblems?: readonly string[];
};

/** Opens the database for a command that needs nothing else, and closes it after the work. */
export function withDatabase<Result>(
  options: WithDatabaseOptions,
  context: CommandContext,
  work: (pool: Pool, config: Config) => Promise<Result>,
): Promise<Result> {
  return withOpenDatabase(options, context, ({ pool }, config) => work(pool, config));
}

/** The same, for a command that also needs the database's URL. */
export async function withOpenDatabase<Result>(
  { optionProblems = [], ...options }: WithDatabaseOptions,
  context: CommandContext,
  work: (database: OpenDatabase, config: Config) => Promise<Result>,
): Promise<Result> {
  const config = loadConfig(context.env, { cwd: context.cwd, optionProblems });
  printLines(context.stderr, config.cutValues);
  return endCommandInTime(context, config, async () => {
    const database = await openDatabase(config, { ...options, onNotice: noticesOf(context) });
    try {
      return await work(database, config);
    } catch (error) {
      throw storeErrorFrom(error);
    } finally {
      await database.close();
    }
  });
}

async function migrateWhereBehind(
  pool: Pool,
  databaseUrl: string,
  { readerRole, reportingTimeZone }: Config,
): Promise<void> {
  try {
    await assertSchemaCurrent(pool);
  } catch (error) {
    if (!(error instanceof ConfigInvalidError)) throw error;
    // Loaded only where it is used: knex and pg-boss take longer to load than most commands to run.
    const { migrateDatabase } = await import('../store/schema/migrate.ts');
    await migrateDatabase({ databaseUrl, readerRole, reportingTimeZone });
  }
}

async function locate(
  config: Config,
  onNotice: (line: string) => void,
): Promise<{ url: string; leave: () => Promise<void> }> {
  if (config.databaseUrl !== undefined)
    return { url: config.databaseUrl.reveal(), leave: () => Promise.resolve() };

  // Loaded only where it is used: a server's image may come without the embedded Postgres.
  const { joinEmbeddedPostgres } = await import('../store/embedded/embedded-postgres.ts');
  return joinEmbeddedPostgres({ dataDir: config.dataDir, onNotice });
}
