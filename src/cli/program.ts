import { Command, type CommanderError } from 'commander';
import type { CommandContext, ExitCode } from './context.ts';
import { exitCodesHelp, type Run } from './help.ts';
import { addDatabaseCommands, addTryCommands } from './local-commands.ts';
import { addRunCommands, addServiceCommands } from './run-commands.ts';
import { addRejectedCommands, addStatusCommand, addTaskCommands } from './task-commands.ts';

/**
 * The command line: every command with its options and help. Commands are loaded when they run, so that
 * `status` does not wait for what only `sync` needs.
 */
export function createProgram(context: CommandContext, onExit: (code: ExitCode) => void): Command {
  const program = new Command('sfmc-tracking');
  program
    .description(
      'Every Salesforce Marketing Cloud tracking event in your own Postgres: complete, once each, in UTC.',
    )
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      outputError: (text, write) =>
        write(
          `sfmc-tracking: ${text
            .replace(/^error: /u, '')
            .trim()
            .replaceAll('\n', ' ')}\n`,
        ),
    })
    .addHelpText(
      'after',
      `${exitCodesHelp}\n\nSettings come from the environment, then from .env: docs/configuration.md.`,
    );
  const run: Run = async (work) => onExit(await work);
  addRunCommands(program, context, run);
  addServiceCommands(program, context, run);
  addStatusCommand(program, context, run);
  addTaskCommands(program, context, run);
  addRejectedCommands(program, context, run);
  addDatabaseCommands(program, context, run);
  addTryCommands(program, context, run);
  return program;
}

/** The exit code of an error that commander has already printed. */
export function exitCodeOf(error: CommanderError): ExitCode {
  return error.exitCode === 0 ? 0 : 2;
}
