import type { Command } from 'commander';
import { examples, type Run } from '../command.ts';
import type { CommandContext, ExitCode } from '../context.ts';

/** `worker`: only takes extract tasks from the queue, until stopped; any number of them, on any machine. */
export function addWorkerCommand(program: Command, run: Run): void {
  program
    .command('worker')
    .description('only takes extract tasks from the queue, until SIGTERM or SIGINT; start any number of them')
    .addHelpText('after', examples('worker'))
    .action(() => run(work));
}

async function work(context: CommandContext): Promise<ExitCode> {
  const { loadConfig } = await import('../../config/config.ts');
  const { cwd, env } = context;
  const config = loadConfig(env, { cwd, needs: ['marketing-cloud', 'http'], httpPortDefault: 'off' });
  const { runService } = await import('../runtime/run-service.ts');
  return runService({ command: 'worker', config, readyAfterMs: config.readyAfterMs }, context);
}
