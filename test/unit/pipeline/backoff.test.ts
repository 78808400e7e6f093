import fc from 'fast-check';
import { createFakeClock } from '../../support/clock.ts';
import { StoreRejectedError, StoreUnavailableError } from '../../../src/errors.ts';
import { backoffMs, retryWhileUnavailable, sleep, slowDownMs } from '../../../src/pipeline/backoff.ts';

const forEver = new AbortController().signal;

describe('the back-off', () => {
  it('doubles from its base up to two minutes', () => {
    expect([0, 1, 2, 3].map((attempts) => backoffMs(attempts, 2000, () => 1))).toEqual([
      2000, 4000, 8000, 16_000,
    ]);
    expect(backoffMs(40, 2000, () => 1)).toBe(120_000);
  });

  it('is jittered over the whole of its step', () => {
    fc.assert(
      fc.property(
        fc.nat(100),
        fc.integer({ min: 1, max: 10_000 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (attempts, base, random) => {
          const full = backoffMs(attempts, base, () => 1);
          expect(backoffMs(attempts, base, () => random)).toBeCloseTo(full * random);
          expect(full).toBeLessThanOrEqual(120_000);
        },
      ),
    );
  });
});

describe('slowing down', () => {
  it('does as the source says, within twenty minutes', () => {
    expect(slowDownMs(0, 2000, 5000)).toBe(5000);
    expect(slowDownMs(0, 2000, -1)).toBe(0);
    expect(slowDownMs(0, 2000, 1e12)).toBe(1_200_000);
  });

  it.each([undefined, Number.NaN, Infinity])('waits a minute and more where it says %s', (said) => {
    expect([0, 1, 2, 9].map((attempts) => slowDownMs(attempts, 2000, said))).toEqual([
      60_000, 120_000, 240_000, 480_000,
    ]);
  });
});

describe('a wait', () => {
  it('ends with the reason of the signal, before it begins or in its middle', async () => {
    const reason = new Error('draining');
    await expect(sleep(60_000, AbortSignal.abort(reason))).rejects.toBe(reason);
    const stop = new AbortController();
    const waiting = sleep(60_000, stop.signal);
    stop.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });
});

describe('an outage of the database', () => {
  it('is outlasted: the work begins again, after waits that double up to five seconds', async () => {
    const clock = createFakeClock();
    let attempts = 0;
    const work = () => {
      attempts += 1;
      return attempts < 9 ? Promise.reject(new StoreUnavailableError('gone')) : Promise.resolve('done');
    };
    await expect(clock.run(retryWhileUnavailable(work, forEver, clock.sleep))).resolves.toBe('done');
    expect(clock.slept).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000]);
  });

  it('that lasts longer than two minutes is given up', async () => {
    const clock = createFakeClock();
    const startMs = clock.now().getTime();
    const gone = () => Promise.reject(new StoreUnavailableError('gone'));
    await expect(clock.run(retryWhileUnavailable(gone, forEver, clock.sleep))).rejects.toThrow('gone');
    const waitedMs = clock.now().getTime() - startMs;
    expect(waitedMs).toBeGreaterThanOrEqual(120_000);
    expect(waitedMs).toBeLessThan(126_000);
  });

  it('is no excuse for what Postgres refused, nor when everything is to stop', async () => {
    const refused = () => Promise.reject(new StoreRejectedError('no such column'));
    await expect(retryWhileUnavailable(refused, forEver)).rejects.toThrow('no such column');
    const gone = () => Promise.reject(new StoreUnavailableError('gone'));
    await expect(retryWhileUnavailable(gone, AbortSignal.abort())).rejects.toThrow('gone');
  });
});
