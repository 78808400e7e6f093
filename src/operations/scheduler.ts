import cron, { type ScheduledTask } from 'node-cron';
import type { Logger } from '../logger.ts';

export interface SchedulerOptions {
  /** node-cron expression: five fields, or six beginning with seconds. */
  readonly expression: string;
  readonly timeZone: string;
  /** One run; `scheduledAt` is the tick's own instant, the same on every machine. */
  readonly onTick: (scheduledAt: Date) => Promise<unknown>;
  readonly logger: Logger;
}

export interface Scheduler {
  /** Ticks that found a run in progress. */
  skippedTicks(): number;
  /** The next tick, while started. */
  nextTickAt(): Date | undefined;
  /** No further tick; resolves when the run in progress has ended. */
  stop(): Promise<void>;
}

/** Whether node-cron understands the expression. */
export function isScheduleExpression(expression: string): boolean {
  return /^\S+(\s+\S+){4,5}$/u.test(expression.trim()) && cron.validate(expression);
}

/**
 * Starts one run per tick of a cron expression, never two at once.
 *
 * A tick that finds a run in progress is skipped and counted: the run in progress plans from the checkpoints,
 * so the skipped one would have read nothing more. A run that fails is logged, and the next tick starts as usual.
 */
export function startScheduler(options: SchedulerOptions): Scheduler {
  const { logger, onTick } = options;
  let skipped = 0;
  let running: Promise<void> | undefined;

  const tick = (scheduledAt: Date): void => {
    if (running !== undefined) {
      skipped += 1;
      logger.warn({ scheduledAt, skippedTicks: skipped }, 'tick skipped: a run is in progress');
      return;
    }
    running = Promise.resolve()
      .then(() => onTick(scheduledAt))
      .then(
        () => undefined,
        (error: unknown) => logger.error({ error, scheduledAt }, 'scheduled run failed'),
      )
      .finally(() => {
        running = undefined;
      });
  };

  const task = createCronTask(options, tick);
  void task.start();
  return {
    skippedTicks: () => skipped,
    nextTickAt: () => (task.getStatus() === 'destroyed' ? undefined : (task.getNextRun() ?? undefined)),
    stop: async () => {
      await task.destroy();
      await running;
    },
  };
}

function createCronTask(options: SchedulerOptions, tick: (scheduledAt: Date) => void): ScheduledTask {
  const { logger } = options;
  const task = cron.createTask(
    options.expression,
    ({ date }) => {
      // node-cron may be a few milliseconds late; the tick's instant is a whole second.
      tick(new Date(Math.floor(date.getTime() / 1000) * 1000));
    },
    // Its own overlap guard neither counts nor tells; ours does both.
    {
      timezone: options.timeZone,
      noOverlap: false,
      logger: quietLogger(logger),
      suppressMissedWarning: true,
    },
  );
  task.on('execution:missed', ({ date }) => {
    logger.warn({ scheduledAt: date }, 'tick missed: the process was blocked or asleep');
    tick(date);
  });
  return task;
}

/** node-cron's own lines in our form. */
function quietLogger(logger: Logger) {
  const debug = (message: string | Error) => logger.debug(String(message));
  return {
    info: debug,
    debug,
    warn: (message: string) => logger.warn(message),
    error: (message: string | Error) => logger.error({ error: message }, 'schedule failed'),
  };
}
