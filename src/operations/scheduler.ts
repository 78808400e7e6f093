import cron from 'node-cron';
import type { Logger } from '../logger.ts';
import { createTicks } from './ticks.ts';

export interface SchedulerOptions {
  /** node-cron expression: five fields, or six beginning with seconds. */
  readonly expression: string;
  readonly timeZone: string;
  /** One run; `scheduledAt` is the tick's own instant, the same on every machine. */
  readonly onTick: (scheduledAt: Date) => Promise<unknown>;
  /** Whether a tick that came before this process started was served, or is none of this installation. */
  readonly isServed: (scheduledAt: Date) => Promise<boolean>;
  readonly now: () => Date;
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

/** A clock that was set, or a machine that slept, is noticed within this time. */
const waitMsMax = 30_000;

/** A tick that comes later than this was missed while the process was blocked or asleep. */
const lateMsMax = 5000;

/**
 * Starts one run per tick of a cron expression, never two at once.
 *
 * A tick that finds a run in progress is skipped and counted: the run in progress plans from the checkpoints,
 * so the skipped one would have read nothing more. Of the ticks that were missed, while the process was down, blocked or asleep, the
 * last one is made up at once. A run that fails is logged; the next tick starts as usual.
 */
export function startScheduler(options: SchedulerOptions): Scheduler {
  const { logger, now } = options;
  const ticks = createTicks(options.expression, options.timeZone);
  const runs = createRuns(options);
  const startedAt = now();
  let nextTickAt = ticks.next(startedAt);
  let timer: NodeJS.Timeout | undefined;
  const wait = (): void => {
    if (nextTickAt === undefined) return;
    const waitMs = Math.min(Math.max(nextTickAt.getTime() - now().getTime(), 0), waitMsMax);
    timer = setTimeout(wake, waitMs);
  };
  const wake = (): void => {
    const at = now();
    if (nextTickAt !== undefined && nextTickAt <= at) {
      const due = ticks.previous(at) ?? nextTickAt;
      if (at.getTime() - nextTickAt.getTime() > lateMsMax)
        logger.warn({ scheduledAt: due }, 'tick missed: the process was blocked or asleep');
      nextTickAt = ticks.next(at);
      runs.tick(due);
    }
    wait();
  };
  wait();
  const madeUp = makeUp(ticks.previous(startedAt), runs.tick, options);
  return {
    skippedTicks: runs.skipped,
    nextTickAt: () => nextTickAt,
    stop: async () => {
      clearTimeout(timer);
      nextTickAt = undefined;
      await madeUp;
      await runs.ended();
    },
  };
}

/** One run at a time. */
function createRuns({ logger, onTick }: SchedulerOptions) {
  let skipped = 0;
  let running: Promise<void> | undefined;
  return {
    skipped: () => skipped,
    ended: () => running,
    tick: (scheduledAt: Date): void => {
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
    },
  };
}

/** Serves the last tick before this process started, where none has. */
async function makeUp(
  missed: Date | undefined,
  tick: (scheduledAt: Date) => void,
  { isServed, logger }: SchedulerOptions,
): Promise<void> {
  if (missed === undefined) return;
  try {
    if (await isServed(missed)) return;
    logger.warn({ scheduledAt: missed }, 'tick missed while no process served the schedule: made up now');
    tick(missed);
  } catch (error) {
    logger.warn({ error }, 'missed tick not looked for');
  }
}
