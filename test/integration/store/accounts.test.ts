import {
  findDefaultAccount,
  findReplayableAccounts,
  openAccount,
  reserveRequests,
  refuseAccount,
} from '../../../src/store/accounts.ts';
import { readDiscoveryFacts } from '../../../src/store/planning/discovery.ts';
import { day, openStore, type Store } from '../../support/stored/ledger.ts';

let store: Store;

beforeAll(async () => {
  store = await openStore();
});
afterEach(() => store.pool.query('truncate pipeline.accounts'));
afterAll(() => store.close());

async function stateOf(accountId: number): Promise<string | undefined> {
  const { rows } = await store.pool.query<{ state: string }>(
    'select state from pipeline.accounts where account_id = $1',
    [accountId],
  );
  return rows[0]?.state;
}

describe('an account', () => {
  it('that was refused is active again with the next run, and keeps its discovery mark', async () => {
    await openAccount(store.pool, 7, false);
    await store.pool.query('update pipeline.accounts set jobs_discovered_until = $1', [day(3)]);
    await refuseAccount(store.pool, 7, 'Login Failed');
    expect(await stateOf(7)).toBe('refused');
    await openAccount(store.pool, 7, false);
    expect(await stateOf(7)).toBe('active');
    expect((await readDiscoveryFacts(store.pool, 7)).jobsDiscoveredUntil).toEqual(day(3));
  });

  it('of the package itself is found again without a request', async () => {
    await openAccount(store.pool, 7, false);
    expect(await findDefaultAccount(store.pool)).toBeUndefined();
    await openAccount(store.pool, 8, true);
    expect(await findDefaultAccount(store.pool)).toBe(8);
  });
});

describe('the rate limit', () => {
  it('allows a burst of ten seconds at once and spaces later requests, over all processes', async () => {
    await openAccount(store.pool, 7, false);
    const reserve = async (requests: number) => (await reserveRequests(store.pool, 7, requests, 60)).waitMs;
    const burst = await Promise.all(Array.from({ length: 10 }, () => reserve(1)));
    expect(Math.max(...burst)).toBeLessThanOrEqual(1000);
    // One request a second: a thousand are 1000 seconds, less the time since the burst.
    const waits = [await reserve(1000), await reserve(1000)];
    expect(waits[0]).toBeGreaterThan(500_000);
    expect(waits[0]).toBeLessThanOrEqual(1_001_000);
    expect(waits[1]).toBeGreaterThan(1_500_000);
  });

  it('waits a minute at most for a time that a wrong clock has stored', async () => {
    await openAccount(store.pool, 7, false);
    await store.pool.query(`update pipeline.accounts set requests_paid_until = now() + interval '30 days'`);
    const { waitMs } = await reserveRequests(store.pool, 7, 1, 60_000);
    expect(waitMs).toBeGreaterThan(0);
    expect(waitMs).toBeLessThanOrEqual(60_001);
  });

  it('is separate for each account', async () => {
    await openAccount(store.pool, 7, false);
    await openAccount(store.pool, 8, false);
    await reserveRequests(store.pool, 7, 600, 60);
    expect((await reserveRequests(store.pool, 8, 1, 60)).waitMs).toBe(0);
  });
});

it('keeps the result of a cursor probe for thirty days', async () => {
  for (const id of [7, 8, 9]) await openAccount(store.pool, id, false);
  await store.pool.query(
    `update pipeline.accounts set is_cursor_replayable = account_id <> 9,
       cursor_probed_at = now() - case account_id when 8 then interval '31 days' else interval '29 days' end`,
  );
  expect(await findReplayableAccounts(store.pool)).toEqual([7]);
});
