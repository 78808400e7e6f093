import type { Logger } from '../../../src/logger.ts';
import { isScheduleExpression, startScheduler } from '../../../src/operations/scheduler.ts';

const ignore = () => undefined;
const logger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };

describe('isScheduleExpression', () => {
  it.each(['0 2 * * *', '*/15 * * * *', '0 0 2 * * 1-5'])('accepts %s', (expression) => {
    expect(isScheduleExpression(expression)).toBe(true);
  });

  it.each(['', '0 25 * * *', '0 2 * *', '@daily', '0 2 * * * * *'])('refuses %s', (expression) => {
    expect(isScheduleExpression(expression)).toBe(false);
  });
});

describe('startScheduler', () => {
  it('skips and counts a tick that finds a run in progress, and waits for that run when stopped', async () => {
    const ticks: Date[] = [];
    let finish: () => void = ignore;
    let hasEnded = false;
    const run = new Promise<void>((resolve) => (finish = resolve)).then(() => (hasEnded = true));
    const scheduler = startScheduler({
      expression: '* * * * * *',
      timeZone: 'Europe/Berlin',
      logger,
      onTick: async (scheduledAt) => {
        ticks.push(scheduledAt);
        await run;
      },
    });
    expect(scheduler.nextTickAt()?.getMilliseconds()).toBe(0);
    while (scheduler.skippedTicks() === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    const stopped = scheduler.stop();
    finish();
    await stopped;
    expect({ runs: ticks.length, hasEnded }).toEqual({ runs: 1, hasEnded: true });
    // Every machine must name the same tick by the same instant.
    expect(ticks[0]?.getMilliseconds()).toBe(0);
  });
});
