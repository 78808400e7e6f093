import type { Pool } from '../../store/connection/pool.ts';
import type { Command } from 'commander';
import { examples, type Run } from '../command.ts';
import type { CommandContext, ExitCode } from '../context.ts';
import { noticesOf, printLines } from '../output.ts';

/** `migrate`: brings the database schema up to date. */
export function addMigrateCommand(program: Command, run: Run): void {
  program
    .command('migrate')
    .description('brings the database schema up to date')
    .addHelpText('after', examples('migrate'))
    .action(() => run(migrate));
}

/** Ends with the SQL that lets a BI tool log in, until there is such a login. */
async function migrate(context: CommandContext): Promise<ExitCode> {
  const { loadConfig } = await import('../../config/config.ts');
  const { openDatabase } = await import('../open-database.ts');
  const { migrateDatabase } = await import('../../store/schema/migrate.ts');
  const { stdout, env, cwd } = context;
  const config = loadConfig(env, { cwd });
  const { readerRole, reportingTimeZone } = config;
  const database = await openDatabase(config, {
    command: 'migrate',
    onNotice: noticesOf(context),
    isSchemaOptional: true,
  });
  try {
    const { applied, views } = await migrateDatabase({
      ...{ databaseUrl: database.url, readerRole, reportingTimeZone },
      onNotice: (line) => printLines(stdout, [line]),
    });
    const summary =
      applied.length === 1 ? '1 migration was applied' : `${applied.length} migrations were applied`;
    if (views.length > 0) printLines(stdout, [`${views.length} of the views were created again`]);
    printLines(stdout, [
      applied.length === 0 ? 'the database schema is up to date' : `${summary}; the schema is up to date`,
    ]);
    printLines(stdout, await readerAdvice(database.pool, readerRole));
    return 0;
  } finally {
    await database.close();
  }
}

/** What is left to be done by hand before a BI tool can log in. */
async function readerAdvice(pool: Pool, role: string): Promise<string[]> {
  const { hasReaderLogin, readerLoginSettings } = await import('../../store/schema/reader-role.ts');
  const { rows } = await pool.query<{ database: string; hasRole: boolean }>(
    `select quote_ident(current_database()) as database,
            exists (select from pg_catalog.pg_roles where rolname = $1) as "hasRole"`,
    [role],
  );
  const { database = '', hasRole = false } = rows[0] ?? {};
  if (!hasRole) {
    return [
      '',
      'This role may not create roles. For BI tools, let a superuser run this, then run migrate again:',
      `  create role ${role} nologin;`,
    ];
  }
  if (await hasReaderLogin(pool, role)) return [];
  return [
    '',
    `No login is a member of ${role} yet. For a BI tool:`,
    `  create role bi_reader login password '…' in role ${role};`,
    ...Object.entries(readerLoginSettings).map(
      ([setting, value]) =>
        `  alter role bi_reader in database ${database} set ${setting} = ${setting === 'search_path' ? value : `'${value}'`};`,
    ),
  ];
}
