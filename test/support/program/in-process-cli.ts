import { tmpdir } from 'node:os';
import type { CommandContext, ExitCode, Output } from '../../../src/cli/context.ts';
import { reportError } from '../../../src/cli/report-error.ts';
import { createProgram } from '../../../src/cli/program.ts';
import { runWithWorker } from '../../../src/cli/runtime/run/run-with-worker.ts';
import { loadConfig } from '../../../src/config/config.ts';
import { runSync } from '../../../src/pipeline/sync.ts';
import { type CliEnd } from './cli.ts';

/** A command in this process: its settings, and what a test wants to see or to give. */
export interface InProcessCommand {
  readonly env: CommandContext['env'];
  readonly stdout?: Output;
  readonly stderr?: Output;
  readonly now?: () => Date;
  /** What SIGTERM does to a process. */
  readonly drain?: AbortSignal;
}

/** Runs a command line in this process; errors are thrown, not printed. */
export async function runInProcess(
  args: readonly string[],
  {
    env,
    stdout = silent,
    stderr = silent,
    drain = new AbortController().signal,
    now = () => new Date(),
  }: InProcessCommand,
): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const world = {
    ...{ env, stdout, stderr, cwd: tmpdir(), now },
    signals: { drain, abort: new AbortController().signal },
  };
  const onExit = (code: ExitCode) => {
    exitCode = code;
  };
  await createProgram(world, { version: '0.0.0', onExit }).parseAsync(args, { from: 'user' });
  return exitCode;
}

/**
 * Runs `sync --json` as the command does, without the housekeeping that follows it: for tests of what becomes of the
 * events. Housekeeping, which computes the rollups, requests nothing, and takes a third of the CPU of a small sync.
 */
export async function syncInProcess({
  env,
  stdout = silent,
  stderr = silent,
  drain = new AbortController().signal,
}: Omit<InProcessCommand, 'now'>): Promise<ExitCode> {
  const cwd = tmpdir();
  const config = loadConfig(env, { cwd, needs: ['marketing-cloud'] });
  const context: CommandContext = {
    ...{ env, cwd, stderr, stdout, verbosity: 'normal', now: () => new Date() },
    signals: { drain, abort: new AbortController().signal },
  };
  return await runWithWorker({ command: 'sync', json: true, config }, context, {
    run: async (runtime) => {
      const selected = runtime.select({});
      const summary = await runSync({ ...selected, jobIds: undefined }, runtime.runDeps, runtime.runSignals);
      if (summary === undefined) throw new Error('a sync without a tick was refused its row');
      return summary;
    },
    afterRun: () => Promise.resolve(),
  });
}

/** The same, with what it printed, as of a command that has ended. */
export async function syncToEnd(env: CommandContext['env']): Promise<CliEnd> {
  const [stdout, stderr] = [collector(), collector()];
  const code = await syncInProcess({ env, stdout, stderr }).catch((error: unknown) =>
    reportError(stderr, error, undefined),
  );
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

function collector() {
  const pieces: string[] = [];
  return { write: (piece: string) => pieces.push(piece), text: () => pieces.join('') };
}

const silent: Output = { write: () => true };
