import type { ExitCode } from './context.ts';

/** What the exit codes mean, as every user of a shell script needs it. */
export const exitCodesHelp = `
Exit codes:
  0    all done
  1    done, but with parked tasks or newly rejected records, or a failed check
  2    wrong usage or configuration, or the database cannot be reached
  3    halted: the credentials of every account were refused, or a bug
  4    Marketing Cloud is in maintenance or outage: nothing is lost, try later
  130  interrupted and drained`;

/** Carries a command's exit code out of the parser. */
export type Run = (work: Promise<ExitCode>) => Promise<void>;

/** Command lines to copy. */
export function example(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ sfmc-tracking ${line}`).join('\n')}`;
}
