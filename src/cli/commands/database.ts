import type { Command } from 'commander';
import { program } from '../../invocation.ts';
import { examples, type Run } from '../command.ts';
import type { CommandContext, ExitCode } from '../context.ts';
import { noticesOf, printLines } from '../output.ts';

/** `database start`, `stop` and `url`: the embedded Postgres. */
export function addDatabaseCommand(cli: Command, run: Run): void {
  const database = cli
    .command('database')
    .description('the embedded Postgres: keep it running (for a BI tool), stop it, print its connection URL')
    .addHelpText('after', examples('database start', `psql "$(${program} database url)"`, 'database stop'));
  database
    .command('start')
    .description(
      'starts it and keeps it running until `database stop`; prints the URL of a login that only reads',
    )
    .option('--admin', 'print the URL of the owner instead')
    .action((options: UrlOptions) => run((context) => start(options, context)));
  database
    .command('stop')
    .description('stops it, also for other processes that use it')
    .action(() => run(stop));
  database
    .command('url')
    .description('prints the URL of a login that only reads (with the password)')
    .option('--admin', 'the URL of the owner instead')
    .action((options: UrlOptions) => run((context) => printUrl(options, context)));
}

interface UrlOptions {
  /** A BI tool needs no owner's rights; backups do. */
  readonly admin?: boolean;
}

async function start(options: UrlOptions, context: CommandContext): Promise<ExitCode> {
  const { dataDir, joinEmbeddedPostgres, readerRole, reportingTimeZone } = await openEmbedded(context);
  const { migrateDatabase } = await import('../../store/schema/migrate.ts');
  const onNotice = noticesOf(context);
  const database = await joinEmbeddedPostgres({ dataDir, keep: true, onNotice });
  await migrateDatabase({ databaseUrl: database.url, readerRole, reportingTimeZone });
  const url = await urlFor(options, database.url, readerRole);
  await database.leave();
  onNotice(
    `Postgres runs on port ${database.port} until \`${program} database stop\`; data: ${database.dataDir}`,
  );
  printLines(context.stdout, [url ?? database.url]);
  return 0;
}

async function stop(context: CommandContext): Promise<ExitCode> {
  const { dataDir, stopEmbeddedPostgres } = await openEmbedded(context);
  const outcome = await stopEmbeddedPostgres({ dataDir });
  printLines(context.stdout, [outcome === 'stopped' ? 'stopped' : 'it was not running']);
  return 0;
}

async function printUrl(options: UrlOptions, context: CommandContext): Promise<ExitCode> {
  const { dataDir, readerRole, embeddedPostgresUrl } = await openEmbedded(context);
  const ownerUrl = await embeddedPostgresUrl({ dataDir });
  if (ownerUrl === undefined) {
    printLines(context.stderr, [
      `the embedded Postgres is not running: \`${program} database start\` starts it`,
    ]);
    return 1;
  }
  const url = await urlFor(options, ownerUrl, readerRole);
  if (url === undefined) {
    printLines(context.stderr, [
      `there is no login that only reads yet: \`${program} database start\` makes it`,
    ]);
    return 1;
  }
  printLines(context.stdout, [url]);
  return 0;
}

async function urlFor(
  { admin = false }: UrlOptions,
  ownerUrl: string,
  readerRole: string,
): Promise<string | undefined> {
  if (admin) return ownerUrl;
  const { openReaderLogin } = await import('../../store/schema/reader-login.ts');
  return openReaderLogin(ownerUrl, readerRole);
}

/** @throws {ConfigInvalidError} where another database is configured. */
async function openEmbedded({ env, cwd }: CommandContext) {
  const { loadConfig } = await import('../../config/config.ts');
  const { ConfigInvalidError } = await import('../../errors.ts');
  const { dataDir, databaseUrl, readerRole, reportingTimeZone } = loadConfig(env, { cwd });
  if (databaseUrl !== undefined) {
    throw new ConfigInvalidError(
      'DATABASE_URL is set: `database` is for the embedded Postgres, which is not in use',
    );
  }
  const settings = { dataDir, readerRole, reportingTimeZone };
  return { ...settings, ...(await import('../../store/embedded/embedded-postgres.ts')) };
}
