import { loadConfig } from '../../config/config.ts';
import type { CommandContext, ExitCode } from '../context.ts';
import { runService } from '../service.ts';

/** Takes extract tasks from the queue until told to stop; any number of them, on any machine. */
export async function runWorkerCommand(_options: object, context: CommandContext): Promise<ExitCode> {
  const config = loadConfig(context.env, {
    cwd: context.cwd,
    needs: ['marketing-cloud', 'http'],
    httpPortDefault: 'off',
  });
  return runService('worker', config, context, () => Promise.resolve({ stop: () => Promise.resolve() }));
}
