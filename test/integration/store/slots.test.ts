import { sleep } from '../../../src/pipeline/backoff.ts';
import { openProcessSession, type ProcessSession } from '../../../src/store/connection/session.ts';
import { SlotLimiter } from '../../../src/store/slots/slots.ts';
import { eventually } from '../../support/clock.ts';
import { openStore, type Store } from '../../support/stored/ledger.ts';
import { endConnectionOf } from '../../support/stored/process-lock.ts';

const accountId = 7_000_001;
const never = new AbortController().signal;
let store: Store;
let sessions: ProcessSession[];
let one: SlotLimiter;
let other: SlotLimiter;

beforeAll(async () => {
  store = await openStore();
});
beforeEach(async () => {
  sessions = await Promise.all(
    [1, 2].map((pid) => openProcessSession(store.url, { command: 'sync', host: 'test', pid })),
  );
  const [first, second] = sessions;
  if (first === undefined || second === undefined) throw new Error('no sessions');
  const settings = { slotsOf: () => 2, slotsMax: 64, now: () => new Date(), sleep, random: Math.random };
  one = new SlotLimiter({ session: first, ...settings });
  other = new SlotLimiter({ session: second, ...settings });
});
afterEach(() => Promise.all(sessions.map((session) => session.end())));
afterAll(() => store.close());

/** Whether the promise settles within twenty short statements. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void promise.then(() => (settled = true));
  for (let round = 0; round < 20; round += 1) await store.pool.query('select pg_sleep(0.01)');
  return settled;
}

it('never gives out more slots of an account than its limit, over all processes', async () => {
  const held = [await one.acquire(accountId, never), await other.acquire(accountId, never)];
  const waiting = other.acquire(accountId, never);
  expect(await isSettled(waiting)).toBe(false);
  expect(new Set(held.map(({ number }) => number))).toEqual(new Set([0, 1]));
  held[0]?.release();
  const third = await waiting;
  expect(third.number).toBe(held[0]?.number);
  for (const slot of [...held, third]) slot.release();
});

it('gives each account its own slots', async () => {
  const slots = await Promise.all(
    [1, 2, 3].flatMap((id) => [one.acquire(id, never), one.acquire(id, never)]),
  );
  expect(slots).toHaveLength(6);
  for (const slot of slots) slot.release();
});

it('is released once, even if release is called twice', async () => {
  const first = await one.acquire(accountId, never);
  const second = await one.acquire(accountId, never);
  first.release();
  first.release();
  const third = await other.acquire(accountId, never);
  expect(await isSettled(other.acquire(accountId, never).then((slot) => slot.release()))).toBe(false);
  second.release();
  third.release();
});

it('frees the slots of a process when its connection is lost', async () => {
  await one.acquire(accountId, never);
  await one.acquire(accountId, never);
  const waiting = other.acquire(accountId, never);
  await endConnectionOf(store.pool, sessions[0]?.processId ?? 0);
  (await waiting).release();
  await eventually('the lost connection', () => sessions[0]?.lost.aborted);
  expect(() => one.acquire(accountId, never)).toThrow('was lost');
});

it('stops waiting when the signal aborts, with its reason', async () => {
  const held = [await one.acquire(accountId, never), await one.acquire(accountId, never)];
  const stop = new AbortController();
  const waiting = one.acquire(accountId, stop.signal);
  stop.abort(new Error('draining'));
  await expect(waiting).rejects.toThrow('draining');
  for (const slot of held) slot.release();
  (await other.acquire(accountId, never)).release();
});
