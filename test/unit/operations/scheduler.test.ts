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
      now: () => new Date(),
      isServed: () => Promise.resolve(true),
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

  it.each([
    { isServed: false, ticks: ['2026-03-29T01:00:00.000Z'] },
    { isServed: true, ticks: [] },
  ])(
    'makes up the last tick before its start where none served it ($isServed)',
    async ({ isServed, ticks }) => {
      const seen: string[] = [];
      const scheduler = startScheduler({
        ...{ expression: '0 2 * * *', timeZone: 'Europe/Berlin', logger },
        now: () => new Date('2026-03-29T08:00:00Z'),
        isServed: () => Promise.resolve(isServed),
        onTick: (scheduledAt) => Promise.resolve(seen.push(scheduledAt.toISOString())),
      });
      expect(scheduler.nextTickAt()).toEqual(new Date('2026-03-30T00:00:00Z'));
      await scheduler.stop();
      expect(seen).toEqual(ticks);
    },
  );

  it('makes up one tick after a machine slept through several', async () => {
    const seen: string[] = [];
    let at = new Date('2026-07-01T01:59:59.900Z');
    const came = Promise.withResolvers<undefined>();
    const scheduler = startScheduler({
      ...{ expression: '0 * * * *', timeZone: 'UTC', logger, now: () => at },
      isServed: () => Promise.resolve(true),
      onTick: (scheduledAt) => {
        seen.push(scheduledAt.toISOString());
        came.resolve(undefined);
        return Promise.resolve();
      },
    });
    at = new Date('2026-07-01T07:20:00Z');
    await came.promise;
    expect(seen).toEqual(['2026-07-01T07:00:00.000Z']);
    expect(scheduler.nextTickAt()).toEqual(new Date('2026-07-01T08:00:00Z'));
    await scheduler.stop();
  });
});
