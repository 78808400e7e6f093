import { addRequests } from '../../../../src/store/request-days.ts';
import { readAllowance } from '../../../../src/store/status/allowance.ts';
import { openStore, type Store } from '../../../support/stored/ledger.ts';

const now = new Date('2026-07-02T00:30:00Z');
let store: Store;
beforeAll(async () => {
  store = await openStore(4);
});
afterAll(() => store.close());

const of = (day: string, accountId: number, requests: number, kind = 'Retrieve') => ({
  ...{ day, accountId, kind, requests },
});

it('says that nothing was counted yet', async () => {
  expect(await readAllowance(store.pool, now, 1000)).toEqual({
    ...{ yearlyCalls: 1000, requestsToday: 0, requestsInThirtyDays: 0, requestsInYear: 0 },
    ...{ share: 0, countedSince: null, accounts: [] },
  });
});

it('sums up the requests of every kind over 365 days, by account and for the contract', async () => {
  const { pool } = store;
  // Two processes that write the same days in different orders.
  const counts = [of('2026-07-02', 7, 10), of('2026-07-02', 7, 1, 'token'), of('2026-07-01', 8, 5)];
  await Promise.all([addRequests(pool, counts), addRequests(pool, counts.toReversed())]);
  await addRequests(pool, [of('2026-06-02', 7, 100), of('2025-07-03', 8, 300), of('2025-07-02', 8, 9999)]);

  expect(await readAllowance(pool, now, 1000)).toEqual({
    ...{ yearlyCalls: 1000, requestsToday: 22, requestsInThirtyDays: 32, requestsInYear: 432 },
    ...{ share: 0.432, countedSince: '2025-07-03' },
    accounts: [
      { accountId: 7, requestsToday: 22, requestsInThirtyDays: 22, requestsInYear: 122 },
      { accountId: 8, requestsToday: 0, requestsInThirtyDays: 10, requestsInYear: 310 },
    ],
  });
});
