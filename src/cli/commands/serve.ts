import type { Command } from 'commander';
import { examples, type Run } from '../command.ts';
import type { CommandContext, ExitCode } from '../context.ts';

/** Port of the status page where HTTP_PORT is not set. */
const httpPortDefault = 8080;

/** `serve`: the nightly sync on its schedule, a worker and the status page, until stopped. */
export function addServeCommand(program: Command, run: Run): void {
  program
    .command('serve')
    .description('schedule, worker, status page and metrics, until SIGTERM or SIGINT')
    .addHelpText(
      'after',
      examples('serve', 'serve   # SYNC_SCHEDULE="0 2 * * *" SYNC_TIMEZONE=Europe/Berlin'),
    )
    .action(() => run(serve));
}

async function serve(context: CommandContext): Promise<ExitCode> {
  const { loadConfig } = await import('../../config/config.ts');
  const { isScheduleExpression, startScheduler } = await import('../../operations/scheduler.ts');
  const needs = ['marketing-cloud', 'http'] as const;
  const { cwd, env } = context;
  const config = loadConfig(env, { cwd, needs, httpPortDefault, isScheduleExpression });
  const { runService } = await import('../runtime/run-service.ts');
  const { runSync } = await import('../../pipeline/sync.ts');
  return runService({ command: 'serve', config }, context, (runtime) => {
    const { runDeps, runSignals, logger } = runtime;
    const scheduler = startScheduler({
      expression: config.syncSchedule,
      timeZone: config.syncTimeZone,
      logger,
      onTick: async (scheduledAt) => {
        logger.info({ scheduledAt }, 'tick came');
        const summary = await runSync({ ...runtime.select({}), scheduledAt }, runDeps, runSignals);
        if (summary === undefined) logger.info({ scheduledAt }, 'tick is served by another process');
        else logger.info({ ...summary }, 'run finished');
      },
    });
    logger.info({ nextTickAt: scheduler.nextTickAt(), schedule: config.syncSchedule }, 'schedule started');
    return scheduler;
  });
}
