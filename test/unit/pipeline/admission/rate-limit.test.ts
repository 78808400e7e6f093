import { RateLimit, type Reservation } from '../../../../src/pipeline/admission/rate-limit.ts';
import { type RecordingLogger, recordingLogger } from '../../../support/logger.ts';
import { createFakeClock, type FakeClock } from '../../../support/clock.ts';

const never = new AbortController().signal;
let clock: FakeClock;
/** Blocks that were reserved, per account. */
let reserved: [accountId: number, requests: number][];
let next: Reservation;
let isRampingUp: boolean;
let halved: number | undefined;
let logger: RecordingLogger;

beforeEach(() => {
  clock = createFakeClock();
  reserved = [];
  next = { waitMs: 0, slotsMax: null };
  isRampingUp = false;
  halved = undefined;
  logger = recordingLogger();
});

function limit(requestsPerMinute: number, concurrencyPerAccount = 4): RateLimit {
  const reserve = (accountId: number, requests: number) => {
    reserved.push([accountId, requests]);
    return Promise.resolve(next);
  };
  return new RateLimit({
    ...{ reserve, reduce: () => Promise.resolve(halved), requestsPerMinute, concurrencyPerAccount, logger },
    ...{ isRampingUp: () => isRampingUp, sleep: clock.sleep },
  });
}

describe('the rate limit', () => {
  it('reserves a tenth of a second’s worth at once, for each account by itself', async () => {
    const rateLimit = limit(1200);
    for (const accountId of [7, 7, 7, 8, 7]) await rateLimit.reserve(accountId, never);
    expect(reserved).toEqual([
      [7, 2],
      [7, 2],
      [8, 2],
    ]);
  });

  it('reserves one request at a time where a minute has few', async () => {
    const rateLimit = limit(30);
    await rateLimit.reserve(7, never);
    await rateLimit.reserve(7, never);
    expect(reserved).toEqual([
      [7, 1],
      [7, 1],
    ]);
  });

  it('holds a request back for as long as the reservation says', async () => {
    const rateLimit = limit(60);
    next = { waitMs: 1500, slotsMax: null };
    let hasLeft = false;
    const leaving = rateLimit.reserve(7, never).then(() => (hasLeft = true));
    await clock.advance(1499);
    expect(hasLeft).toBe(false);
    await clock.advance(1);
    await leaving;
    expect(hasLeft).toBe(true);
  });

  it('gives up waiting with the reason of the signal', async () => {
    next = { waitMs: 60_000, slotsMax: null };
    const stop = new AbortController();
    const leaving = limit(60).reserve(7, stop.signal);
    await clock.advance(10);
    stop.abort(new Error('draining'));
    await expect(leaving).rejects.toThrow('draining');
  });
});

describe('requests in flight', () => {
  it('are as many as the latest reservation says, for that account', async () => {
    const rateLimit = limit(30, 5);
    expect(rateLimit.slots(7)).toBe(5);
    next = { waitMs: 0, slotsMax: 3 };
    await rateLimit.reserve(7, never);
    expect([rateLimit.slots(7), rateLimit.slots(8)]).toEqual([3, 5]);
    next = { waitMs: 0, slotsMax: null };
    await rateLimit.reserve(7, never);
    expect(rateLimit.slots(7)).toBe(5);
  });

  it('are reduced at once by the process that meets the failure, which is logged once', async () => {
    const rateLimit = limit(30, 4);
    halved = 2;
    await rateLimit.reduce(7, 'RATE_LIMITED');
    expect(rateLimit.slots(7)).toBe(2);
    halved = undefined;
    await rateLimit.reduce(7, 'RATE_LIMITED');
    expect(rateLimit.slots(7)).toBe(2);
    expect(logger.lines).toEqual([
      {
        level: 'warn',
        fields: { accountId: 7, slots: 2, of: 4, code: 'RATE_LIMITED' },
        message: 'concurrency of the account reduced',
      },
    ]);
  });

  it('are halved for every account right after the gate opened, but never to none', () => {
    isRampingUp = true;
    expect(limit(30, 2).slots(7)).toBe(1);
    expect(limit(30, 1).slots(7)).toBe(1);
  });
});
