import { tmpdir } from 'node:os';
import type { CommandContext, ExitCode, Output } from '../../../src/cli/context.ts';
import { createProgram } from '../../../src/cli/program.ts';

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

const silent: Output = { write: () => true };
