import { SlotLimiter, type SlotOptions } from '../../../src/store/slots/slots.ts';
import { createFakeClock, type FakeClock } from '../../support/clock.ts';

const never = new AbortController().signal;
let clock: FakeClock;
let lost: AbortController;
/** Advisory locks of the database: those of others, and ours. */
let locks: Set<string>;
let slots: number;
let limiter: SlotLimiter;

/** The statements on advisory locks that the limiter uses, on a set. */
function lockTable(): SlotOptions['session']['connection'] {
  const query = (text: string, [key]: [string]) => {
    const isFree = !locks.has(key);
    const isLook = text.includes('case when');
    if (text.includes('pg_advisory_unlock') && !isLook) locks.delete(key);
    else if (!isLook) locks.add(key);
    return Promise.resolve({ rows: [{ isDone: isFree }] });
  };
  return { query };
}

beforeEach(() => {
  clock = createFakeClock();
  lost = new AbortController();
  locks = new Set();
  slots = 2;
  limiter = new SlotLimiter({
    session: { connection: lockTable(), lost: lost.signal },
    slotsOf: () => slots,
    slotsMax: 3,
    random: () => 0.5,
    ...clock,
  });
});

const keyOf = (number: number) => `sfmc-tracking slot 7/${number}`;

it('polls for a slot of another process until it is free', async () => {
  locks.add(keyOf(0)).add(keyOf(1));
  const acquiring = limiter.acquire(7, never);
  await clock.advance(1000);
  expect(new Set(clock.slept)).toEqual(new Set([80]));
  locks.delete(keyOf(1));
  expect((await clock.run(acquiring)).number).toBe(1);
});

describe('a process', () => {
  it('holds no more slots than it may, over all accounts, and takes the next as one is released', async () => {
    const held = await Promise.all([7, 8, 9].map((id) => limiter.acquire(id, never)));
    const fourth = limiter.acquire(10, never);
    await clock.advance(1000);
    expect(locks.size).toBe(3 + 1); // and one that says that an urgent task waits
    held[0]?.release();
    const slot = await clock.run(fourth);
    expect([...locks].filter((key) => key.includes(' slot '))).toHaveLength(3);
    for (const one of [...held.slice(1), slot]) one.release();
    await clock.advance(0);
    expect(locks.size).toBe(0);
  });

  it('that is full has other tasks give way to an urgent one of another account', async () => {
    const held = await Promise.all([7, 8, 9].map((id) => limiter.acquire(id, never, 'low')));
    expect(await limiter.isUrgentWaiting(7)).toBe(false);
    const urgent = limiter.acquire(10, never, 'urgent');
    await clock.advance(100);
    expect(await limiter.isUrgentWaiting(7)).toBe(true);
    for (const one of held) one.release();
    (await clock.run(urgent)).release();
  });
});

describe('a task that is not urgent', () => {
  const urgentKey = 'sfmc-tracking urgent 7';

  it('waits while an urgent one waits, here or in another process', async () => {
    slots = 1;
    const held = await limiter.acquire(7, never);
    const low = limiter.acquire(7, never, 'low');
    const urgent = limiter.acquire(7, never, 'urgent');
    await clock.advance(100);
    expect(await limiter.isUrgentWaiting(7)).toBe(true);
    held.release();
    const second = await clock.run(urgent);
    second.release();
    (await clock.run(low)).release();
    await clock.advance(1000);

    locks.add(urgentKey); // of another process
    let isAcquired = false;
    const third = limiter.acquire(7, never, 'low').then((slot) => {
      isAcquired = true;
      return slot;
    });
    await clock.advance(0);
    expect(isAcquired).toBe(false);
    locks.delete(urgentKey);
    (await clock.run(third)).release();
  });

  it('is seen by other processes for as long as it waits, if it is urgent', async () => {
    slots = 1;
    locks.add(keyOf(0));
    const urgent = limiter.acquire(7, never);
    await clock.advance(200);
    expect(locks.has(urgentKey)).toBe(true);
    locks.delete(keyOf(0));
    (await clock.run(urgent)).release();
    await clock.advance(200);
    expect(locks.has(urgentKey)).toBe(false);
  });
});

it('hands a slot on to its own waiters for two seconds, then lets other processes have it', async () => {
  slots = 1;
  const first = await limiter.acquire(7, never);
  const second = limiter.acquire(7, never);
  const third = limiter.acquire(7, never);
  await clock.advance(1999);
  first.release();
  await clock.advance(1);
  expect(locks.has(keyOf(0))).toBe(true);
  (await second).release();
  await clock.advance(0);
  // Unlocked, and locked again by the first waiter: here there is no other.
  (await clock.run(third)).release();
  await clock.advance(0);
  expect(locks.size).toBe(0);
});

it('keeps no slot beyond the number that is allowed now', async () => {
  const held = [await limiter.acquire(7, never), await limiter.acquire(7, never)];
  slots = 1;
  held[1]?.release();
  await clock.advance(0);
  expect([...locks]).toEqual([keyOf(0)]);
});

it('ends all waiting when the session is lost', async () => {
  locks.add(keyOf(0)).add(keyOf(1));
  const acquiring = limiter.acquire(7, never);
  await clock.advance(100);
  lost.abort(new Error('the session was lost'));
  await expect(acquiring).rejects.toThrow('the session was lost');
});
