import type { Command } from 'commander';
import type { CommandContext } from './context.ts';
import { example, type Run } from './help.ts';

/** The commands around the database, and those that need no account. */
export function addDatabaseCommands(program: Command, context: CommandContext, run: Run): void {
  program
    .command('migrate')
    .description('brings the database schema up to date')
    .addHelpText('after', example('migrate'))
    .action(async () => {
      const { runMigrateCommand } = await import('./commands/migrate.ts');
      await run(runMigrateCommand({}, context));
    });

  const database = program
    .command('database')
    .description('the embedded Postgres: keep it running (for a BI tool), stop it, print its connection URL')
    .addHelpText('after', example('database start', 'psql "$(sfmc-tracking database url)"', 'database stop'));
  const actions = {
    start: 'starts it and keeps it running until `database stop`',
    stop: 'stops it for everybody who uses it',
    url: 'prints its connection URL (with the password)',
  } as const;
  for (const action of ['start', 'stop', 'url'] as const) {
    database
      .command(action)
      .description(actions[action])
      .action(async () => {
        const { runDatabaseCommand } = await import('./commands/database.ts');
        await run(runDatabaseCommand({ action }, context));
      });
  }
}

export function addTryCommands(program: Command, context: CommandContext, run: Run): void {
  program
    .command('simulate')
    .description(
      'the bundled Marketing Cloud simulator, in the foreground; prints the environment that points here',
    )
    .argument('[options...]', 'handed to the simulator; see simulate --help')
    .helpOption(false)
    .allowUnknownOption()
    .action(async (options: string[]) => {
      const { runSimulateCommand } = await import('./commands/simulate.ts');
      await run(runSimulateCommand({ arguments: options }, context));
    });

  program
    .command('demo')
    .description(
      'embedded Postgres, simulator, one sync with faults in it, status and a query; needs no account',
    )
    .addHelpText('after', example('demo'))
    .action(async () => {
      const { runDemoCommand } = await import('./commands/demo.ts');
      await run(runDemoCommand({}, context));
    });
}
