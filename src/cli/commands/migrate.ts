import type { Pool } from '../../store/pool.ts';
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

/** Prints the SQL of the reader role where the connecting role may not create it. */
async function migrate(context: CommandContext): Promise<ExitCode> {
  const { loadConfig } = await import('../../config/config.ts');
  const { openDatabase } = await import('../open-database.ts');
  const { migrateDatabase } = await import('../../store/schema/migrate.ts');
  const { stdout, env, cwd } = context;
  const database = await openDatabase(loadConfig(env, { cwd }), {
    command: 'migrate',
    onNotice: noticesOf(context),
    isSchemaOptional: true,
  });
  try {
    const { applied, views } = await migrateDatabase({
      databaseUrl: database.url,
      onNotice: (line) => printLines(stdout, [line]),
    });
    const summary =
      applied.length === 1 ? '1 migration was applied' : `${applied.length} migrations were applied`;
    if (views.length > 0) printLines(stdout, [`${views.length} of the views were created again`]);
    printLines(stdout, [
      applied.length === 0 ? 'the database schema is up to date' : `${summary}; the schema is up to date`,
    ]);
    const { rows } = await database.pool.query(`select from pg_roles where rolname = 'sfmc_tracking_reader'`);
    if (rows.length === 0) printLines(stdout, readerRoleSql(await findOwner(database.pool)));
    return 0;
  } finally {
    await database.close();
  }
}

/** Default rights belong to the role that creates a table: this one, not the one that runs the printed SQL. */
async function findOwner(pool: Pool): Promise<string> {
  const { rows } = await pool.query<{ owner: string }>('select quote_ident(current_user) as owner');
  return rows[0]?.owner ?? '';
}

const readerRoleSql = (owner: string): string[] => [
  '',
  'This role may not create roles. For BI tools, let a superuser run:',
  '  create role sfmc_tracking_reader nologin;',
  '  grant usage on schema tracking, bi to sfmc_tracking_reader;',
  '  grant select on all tables in schema tracking, bi to sfmc_tracking_reader;',
  `  alter default privileges for role ${owner} in schema tracking, bi`,
  '    grant select on tables to sfmc_tracking_reader;',
];
