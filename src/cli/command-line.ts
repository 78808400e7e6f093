import { CommanderError } from 'commander';
import { loadConfig } from '../config/config.ts';
import type { CommandContext, ExitCode } from './context.ts';
import { reportError } from './output.ts';
import { createProgram, exitCodeOf } from './program.ts';
import { listenToSignals } from './signals.ts';

// What still holds the process open after its command has ended is closed by force.
const lingerMs = 5000;

/** From arguments to exit code; whatever goes wrong, a person reads one line that says what to do. */
async function main(args: readonly string[], context: CommandContext): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  try {
    await createProgram(context, (code) => {
      exitCode = code;
    }).parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    const { drain, abort } = context.signals;
    if (error instanceof CommanderError) return exitCodeOf(error);
    if (drain.aborted && (error === drain.reason || error === abort.reason)) return 130;
    return reportError(context.stderr, error, databaseAddress(context));
  }
}

/** Where the database is, for the line that says it cannot be reached; never with its password. */
function databaseAddress({ env, cwd }: CommandContext): string | undefined {
  try {
    const url = loadConfig(env, { cwd }).databaseUrl?.reveal();
    return url === undefined ? undefined : (URL.parse(url)?.host ?? '');
  } catch {
    return undefined;
  }
}

for (const stream of [process.stdout, process.stderr]) {
  // A reader that has seen enough (`| head -1`) is no failure of ours.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

process.exitCode = await main(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  stdout: process.stdout,
  stderr: process.stderr,
  signals: listenToSignals(),
  now: () => new Date(),
});
setTimeout(() => process.exit(), lingerMs).unref();
