import type { Command } from 'commander';
import type { Run } from '../command.ts';
import type { CommandContext, ExitCode } from '../context.ts';

/** `simulate`: the bundled simulator in the foreground, with options of its own. */
export function addSimulateCommand(program: Command, run: Run): void {
  program
    .command('simulate')
    .description(
      'the bundled Marketing Cloud simulator, in the foreground; prints the environment that points other commands at it',
    )
    .argument('[options...]', 'options of the simulator; simulate --help lists them')
    .helpOption(false)
    .allowUnknownOption()
    .action((args: string[]) => run((context) => simulate(args, context)));
}

async function simulate(args: readonly string[], context: CommandContext): Promise<ExitCode> {
  const { startChild } = await import('../demo/child-process.ts');
  const { cwd, env, signals } = context;
  const child = startChild('simulator', args, { cwd, env, streams: 'inherit', signal: signals.drain });
  const code = await child.exit;
  // A signal is the usual way to end a simulator.
  if (code === 0 || signals.drain.aborted) return 0;
  return code === 2 ? 2 : 3;
}
