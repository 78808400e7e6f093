import { loadConfig } from '../../config/config.ts';
import { isScheduleExpression, startScheduler } from '../../operations/scheduler.ts';
import { runSync } from '../../pipeline/sync.ts';
import { definitionsOf } from '../compose.ts';
import type { CommandContext, ExitCode } from '../context.ts';
import { runService } from '../service.ts';

/** Status page's port where HTTP_PORT is not set. */
const httpPortDefault = 8080;

/** Schedules the nightly sync, works, and shows how it stands, until told to stop. */
export async function runServeCommand(_options: object, context: CommandContext): Promise<ExitCode> {
  const needs = ['marketing-cloud', 'http'] as const;
  const config = loadConfig(context.env, { cwd: context.cwd, needs, httpPortDefault, isScheduleExpression });
  return runService('serve', config, context, (runtime) => {
    const { accounts, runDeps, runSignals, logger } = runtime;
    const definitions = definitionsOf(config.eventTypes);
    const scheduler = startScheduler({
      expression: config.syncSchedule,
      timeZone: config.syncTimeZone,
      logger,
      onTick: async (scheduledAt) => {
        logger.info({ scheduledAt }, 'tick came');
        const summary = await runSync({ accounts, definitions, scheduledAt }, runDeps, runSignals);
        if (summary === undefined) logger.info({ scheduledAt }, 'tick is served by another process');
        else logger.info({ ...summary }, 'run finished');
      },
    });
    logger.info({ nextTickAt: scheduler.nextTickAt(), schedule: config.syncSchedule }, 'schedule started');
    return Promise.resolve({ stop: () => scheduler.stop() });
  });
}
