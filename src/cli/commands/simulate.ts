import { startChild } from '../demo/child-process.ts';
import type { CommandContext, ExitCode } from '../context.ts';

/** Runs the bundled simulator in the foreground, with its own options, until it ends or we are told to. */
export async function runSimulateCommand(
  options: { readonly arguments: readonly string[] },
  context: CommandContext,
): Promise<ExitCode> {
  const { cwd, env, signals } = context;
  const child = startChild('simulator', options.arguments, {
    cwd,
    env,
    streams: 'inherit',
    signal: signals.drain,
  });
  const code = await child.exit;
  // Being told to stop is how a simulator ends.
  if (code === 0 || signals.drain.aborted) return 0;
  return code === 2 ? 2 : 3;
}
