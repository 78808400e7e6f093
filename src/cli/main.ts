import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { CommanderError } from 'commander';
import type { CommandContext, ExitCode } from './context.ts';
import { createProgram, exitCodeOf } from './program.ts';

/** Runs the command of the arguments and returns its exit code; errors are printed in one line that says what to do. */
export async function main(
  args: readonly string[],
  world: Omit<CommandContext, 'verbosity'>,
): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  try {
    const onExit = (code: ExitCode) => {
      exitCode = code;
    };
    await createProgram(world, { version: readVersion(), onExit }).parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    const { drain, abort } = world.signals;
    if (error instanceof CommanderError) return exitCodeOf(error);
    if (drain.aborted && (error === drain.reason || error === abort.reason)) return 130;
    const { reportError } = await import('./report-error.ts');
    return reportError(world.stderr, error, await databaseAddress(world));
  }
}

/** The package's version; the file is beside `src/` in a checkout and beside `dist/` in the package. */
function readVersion(): string {
  const file = findPackageJSON(import.meta.url);
  const manifest: unknown = file === undefined ? undefined : JSON.parse(readFileSync(file, 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown';
}

/** Host and port of the database, without its password, for the line that says it cannot be reached. */
async function databaseAddress({
  env,
  cwd,
}: Pick<CommandContext, 'env' | 'cwd'>): Promise<string | undefined> {
  try {
    const { loadConfig } = await import('../config/config.ts');
    const url = loadConfig(env, { cwd }).databaseUrl?.reveal();
    return url === undefined ? undefined : (URL.parse(url)?.host ?? '');
  } catch {
    return undefined;
  }
}
