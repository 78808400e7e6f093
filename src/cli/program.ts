import { Command, type CommanderError, Option } from 'commander';
import type { AddCommand, Run } from './command.ts';
import { addAccountsCommand } from './commands/accounts.ts';
import { addAlertsCommand } from './commands/alerts.ts';
import { addBackfillCommand } from './commands/backfill.ts';
import { addDatabaseCommand } from './commands/database.ts';
import { addDemoCommand } from './commands/demo.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addExportCommand } from './commands/export.ts';
import { addForgetCommand } from './commands/forget.ts';
import { addExtractCommand } from './commands/extract.ts';
import { addImportCommand } from './commands/import.ts';
import { addMigrateCommand } from './commands/migrate.ts';
import { addReconcileCommand } from './commands/reconcile.ts';
import { addRejectedCommand } from './commands/rejected.ts';
import { addRollupsCommand } from './commands/rollups.ts';
import { addServeCommand } from './commands/serve.ts';
import { addSimulateCommand } from './commands/simulate.ts';
import { addStatusCommand } from './commands/status.ts';
import { addSyncCommand } from './commands/sync.ts';
import { addTasksCommand } from './commands/tasks.ts';
import { addWorkerCommand } from './commands/worker.ts';
import type { CommandContext, ExitCode, Verbosity } from './context.ts';

/** In the order of the help. */
const addCommands: readonly AddCommand[] = [
  addSyncCommand,
  addBackfillCommand,
  addServeCommand,
  addWorkerCommand,
  addStatusCommand,
  addTasksCommand,
  addRejectedCommand,
  addAccountsCommand,
  addReconcileCommand,
  addForgetCommand,
  addImportCommand,
  addExtractCommand,
  addExportCommand,
  addRollupsCommand,
  addDoctorCommand,
  addAlertsCommand,
  addMigrateCommand,
  addDatabaseCommand,
  addSimulateCommand,
  addDemoCommand,
];

export interface ProgramOptions {
  /** What `--version` prints. */
  readonly version: string;
  /** Takes the exit code of the command that ran. */
  readonly onExit: (code: ExitCode) => void;
}

/** The command line: every command with its options and help. */
export function createProgram(
  world: Omit<CommandContext, 'verbosity'>,
  { version, onExit }: ProgramOptions,
): Command {
  const program = new Command('sfmc-tracking');
  const { stdout, stderr } = world;
  program
    .description(
      'Every Salesforce Marketing Cloud tracking event in your own Postgres: complete, once each, in UTC.',
    )
    .version(version, '--version', 'print the version')
    .addOption(new Option('--quiet', 'only warnings and errors on stderr, no progress').conflicts('verbose'))
    .option('--verbose', 'debug lines in the log')
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      outputError: (text, write) => write(`sfmc-tracking: ${oneLine(text)}\n`),
    })
    .addHelpText('after', closingHelp);
  const run: Run = async (work) => onExit(await work({ ...world, verbosity: verbosityOf(program) }));
  for (const add of addCommands) add(program, run);
  return program;
}

function verbosityOf(program: Command): Verbosity {
  const { quiet = false, verbose = false } = program.opts<{ quiet?: boolean; verbose?: boolean }>();
  if (quiet) return 'quiet';
  return verbose ? 'verbose' : 'normal';
}

function oneLine(text: string): string {
  return text
    .replace(/^error: /u, '')
    .trim()
    .replaceAll('\n', ' ');
}

const closingHelp = `
Exit codes:
  0    all done
  1    done, but with parked tasks, newly rejected records or an unknown job, or a failed check
  2    wrong usage or configuration, or the database cannot be reached
  3    halted: the credentials of every account were refused, or a bug
  4    Marketing Cloud is in maintenance or outage: nothing is lost, try again later
  130  a run was interrupted and drained

Settings come from the environment, then from .env in the working directory.`;

/** The exit code of an error that commander has already printed. */
export function exitCodeOf(error: CommanderError): ExitCode {
  return error.exitCode === 0 ? 0 : 2;
}
