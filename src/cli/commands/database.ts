import { type Config, loadConfig } from '../../config/config.ts';
import { ConfigInvalidError } from '../../errors.ts';
import {
  embeddedPostgresUrl,
  joinEmbeddedPostgres,
  stopEmbeddedPostgres,
} from '../../store/embedded/embedded-postgres.ts';
import { migrateDatabase } from '../../store/schema/migrate.ts';
import type { CommandContext, ExitCode } from '../context.ts';
import { printLines } from '../output.ts';

export interface DatabaseOptions {
  readonly action: 'start' | 'stop' | 'url';
}

/** Keeps the embedded Postgres running for a BI tool, stops it, or prints where it is. */
export async function runDatabaseCommand(
  options: DatabaseOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const config = loadConfig(context.env, { cwd: context.cwd });
  if (config.databaseUrl !== undefined) {
    throw new ConfigInvalidError(
      'DATABASE_URL is set: `database` is for the embedded Postgres, which is not in use',
    );
  }
  switch (options.action) {
    case 'start':
      return start(config, context);
    case 'stop':
      return stop(config, context);
    case 'url':
      return printUrl(config, context);
  }
}

async function start({ dataDir }: Config, { stdout, stderr }: CommandContext): Promise<ExitCode> {
  const database = await joinEmbeddedPostgres({
    dataDir,
    keep: true,
    onNotice: (line) => printLines(stderr, [line]),
  });
  await migrateDatabase({ databaseUrl: database.url });
  await database.leave();
  printLines(stderr, [
    `Postgres runs on port ${database.port} until \`sfmc-tracking database stop\`; data: ${database.dataDir}`,
  ]);
  printLines(stdout, [database.url]);
  return 0;
}

async function stop({ dataDir }: Config, { stdout }: CommandContext): Promise<ExitCode> {
  const outcome = await stopEmbeddedPostgres({ dataDir });
  printLines(stdout, [outcome === 'stopped' ? 'stopped' : 'it was not running']);
  return 0;
}

async function printUrl({ dataDir }: Config, { stdout, stderr }: CommandContext): Promise<ExitCode> {
  const url = await embeddedPostgresUrl({ dataDir });
  if (url === undefined) {
    printLines(stderr, ['the embedded Postgres is not running: `sfmc-tracking database start` starts it']);
    return 1;
  }
  printLines(stdout, [url]);
  return 0;
}
