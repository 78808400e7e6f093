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
  const { keepRecorded } = await import('../../operations/keep-recorded.ts');
  const { runSync } = await import('../../pipeline/sync.ts');
  const { isTickServed, recordSchedule } = await import('../../store/status/runs/schedule.ts');
  const { readyAfterMsOf } = await import('../../operations/schedule-interval.ts');
  const { syncSchedule: expression, syncTimeZone: timeZone } = config;
  const { readyAfterMs = readyAfterMsOf(expression, timeZone, context.now()) } = config;
  return runService({ command: 'serve', config, readyAfterMs }, context, (runtime, housekeeper) => {
    const { database, runDeps, runSignals, logger, worker } = runtime;
    const scheduler = startScheduler({
      expression,
      timeZone,
      logger,
      now: context.now,
      isServed: (scheduledAt) => isTickServed(database.pool, scheduledAt),
      onTick: async (scheduledAt) => {
        logger.info({ scheduledAt }, 'tick came');
        recording.write();
        const summary = await runSync({ ...runtime.select({}), scheduledAt }, runDeps, runSignals);
        if (summary === undefined) logger.info({ scheduledAt }, 'tick is served by another process');
        else logger.info({ ...summary }, 'run finished');
        await housekeeper.on('run-end');
      },
    });
    logger.info({ nextTickAt: scheduler.nextTickAt(), schedule: expression }, 'schedule started');
    const recording = keepRecorded(() => {
      const nextTickAt = scheduler.nextTickAt() ?? null;
      const { processId } = worker;
      return recordSchedule(database.pool, { expression, timeZone, nextTickAt, readyAfterMs, processId });
    }, logger);
    return {
      stop: async () => {
        await scheduler.stop();
        await recording.stop();
      },
    };
  });
}
