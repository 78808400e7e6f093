import { loadConfig } from '../../config/config.ts';
import { migrateDatabase } from '../../store/schema/migrate.ts';
import type { CommandContext, ExitCode } from '../context.ts';
import { openDatabase } from '../open-database.ts';
import { printLines } from '../output.ts';

/** Brings the schema up to date and says what that took; prints the reader role's SQL where we may not create it. */
export async function runMigrateCommand(_options: object, context: CommandContext): Promise<ExitCode> {
  const { stdout, stderr } = context;
  const config = loadConfig(context.env, { cwd: context.cwd });
  const database = await openDatabase(config, { command: 'migrate', stderr, isSchemaOptional: true });
  try {
    const { applied, views } = await migrateDatabase({
      databaseUrl: database.url,
      onNotice: (line) => printLines(stdout, [line]),
    });
    const summary =
      applied.length === 1 ? '1 migration was applied' : `${applied.length} migrations were applied`;
    if (views.length > 0) printLines(stdout, [`${views.length} of the views were made anew`]);
    printLines(stdout, [
      applied.length === 0 ? 'the database schema is up to date' : `${summary}; the schema is up to date`,
    ]);
    const { rows } = await database.pool.query(`select from pg_roles where rolname = 'sfmc_tracking_reader'`);
    if (rows.length === 0) printLines(stdout, readerRoleSql);
    return 0;
  } finally {
    await database.close();
  }
}

const readerRoleSql = [
  '',
  'This role may not create roles. For BI tools, let a superuser run:',
  '  create role sfmc_tracking_reader nologin;',
  '  grant usage on schema tracking, bi to sfmc_tracking_reader;',
  '  grant select on all tables in schema tracking, bi to sfmc_tracking_reader;',
  '  alter default privileges in schema tracking, bi grant select on tables to sfmc_tracking_reader;',
];
