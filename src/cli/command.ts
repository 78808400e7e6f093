import { program } from '../invocation.ts';
import type { Command } from 'commander';
import type { CommandContext, ExitCode } from './context.ts';

/** Carries out the work of a command and keeps its exit code for the process. */
export type Run = (work: (context: CommandContext) => Promise<ExitCode>) => Promise<void>;

/**
 * Adds one command with its options, its help and its work to the program. All of them are declared for each
 * invocation, so what the work needs is imported when it runs.
 */
export type AddCommand = (program: Command, run: Run) => void;

/** Command lines to copy, at the end of a command's help. */
export function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line.startsWith('psql') ? '' : `${program} `}${line}`).join('\n')}`;
}

/** The options that limit a run to a part of the data. */
export function withSelection(command: Command): Command {
  return command
    .option('--events <list>', 'event types, comma-separated (default: EVENT_TYPES)')
    .option('--jobs <list>', 'JobIDs, comma-separated (default: all)')
    .option('--accounts <list>', 'MIDs, comma-separated (default: SFMC_ACCOUNT_IDS)');
}

export const summaryHelp = 'end with one JSON object, alone on the last line of stdout';
