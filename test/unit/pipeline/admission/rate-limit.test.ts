import { RateLimit, type Reservation } from '../../../../src/pipeline/admission/rate-limit.ts';
import { createFakeClock, type FakeClock } from '../../../support/clock.ts';

const never = new AbortController().signal;
let clock: FakeClock;
/** Blocks that were reserved, per account. */
let reserved: [accountId: number, requests: number][];
let next: Reservation;
let isRampingUp: boolean;

beforeEach(() => {
  clock = createFakeClock();
  reserved = [];
  next = { waitMs: 0, isSlowed: false };
  isRampingUp = false;
});

function limit(requestsPerMinute: number, concurrencyPerAccount = 4): RateLimit {
  const reserve = (accountId: number, requests: number) => {
    reserved.push([accountId, requests]);
    return Promise.resolve(next);
  };
  return new RateLimit({
    ...{ reserve, requestsPerMinute, concurrencyPerAccount },
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
    next = { waitMs: 1500, isSlowed: false };
    let hasLeft = false;
    const leaving = rateLimit.reserve(7, never).then(() => (hasLeft = true));
    await clock.advance(1499);
    expect(hasLeft).toBe(false);
    await clock.advance(1);
    await leaving;
    expect(hasLeft).toBe(true);
  });

  it('gives up waiting with the reason of the signal', async () => {
    next = { waitMs: 60_000, isSlowed: false };
    const stop = new AbortController();
    const leaving = limit(60).reserve(7, stop.signal);
    await clock.advance(10);
    stop.abort(new Error('draining'));
    await expect(leaving).rejects.toThrow('draining');
  });
});

describe('requests in flight', () => {
  it('are halved for an account that was asked to slow down, until the next reservation says otherwise', async () => {
    const rateLimit = limit(30, 5);
    expect(rateLimit.slots(7)).toBe(5);
    next = { waitMs: 0, isSlowed: true };
    await rateLimit.reserve(7, never);
    expect([rateLimit.slots(7), rateLimit.slots(8)]).toEqual([3, 5]);
    next = { waitMs: 0, isSlowed: false };
    await rateLimit.reserve(7, never);
    expect(rateLimit.slots(7)).toBe(5);
  });

  it('are halved for every account right after the gate opened, but never to none', () => {
    isRampingUp = true;
    expect(limit(30, 2).slots(7)).toBe(1);
    expect(limit(30, 1).slots(7)).toBe(1);
  });
});
