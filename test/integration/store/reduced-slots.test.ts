import { openAccount, reserveRequests } from '../../../src/store/accounts.ts';
import { reduceSlots } from '../../../src/store/slots/reduced-slots.ts';
import { readAccounts } from '../../../src/store/status/accounts.ts';
import { openStore, type Store } from '../../support/stored/ledger.ts';

const accountId = 7;
let store: Store;
beforeAll(async () => {
  store = await openStore(4);
});
beforeEach(async () => {
  await store.pool.query('delete from pipeline.accounts');
  await openAccount(store.pool, accountId, false);
});
afterAll(() => store.close());

const reduce = (slots = 8) => reduceSlots(store.pool, { accountId, slots, code: 'RATE_LIMITED' });
const slotsMax = async () => (await reserveRequests(store.pool, accountId, 1, 60_000)).slotsMax;

/** As if the last reduction had been this many seconds earlier. */
async function pass(seconds: number): Promise<void> {
  await store.pool.query(
    'update pipeline.accounts set slots_reduced_at = slots_reduced_at - make_interval(secs => $1)',
    [seconds],
  );
}

describe('the slots of an account', () => {
  it('are halved, for every process that reserves requests', async () => {
    expect(await slotsMax()).toBeNull();
    expect(await reduce()).toBe(4);
    expect(await slotsMax()).toBe(4);
    const [account] = await readAccounts(store.pool);
    expect(account?.reduced).toMatchObject({ slots: 4, of: 8, code: 'RATE_LIMITED' });
    expect(account?.reduced?.since).toBeInstanceOf(Date);
  });

  it('are halved once by failures of the same minute, whichever process meets them', async () => {
    expect(await Promise.all([reduce(), reduce(), reduce()])).toEqual(
      expect.arrayContaining([4, undefined, undefined]),
    );
    expect(await slotsMax()).toBe(4);
    await pass(61);
    expect(await reduce()).toBe(2);
    await pass(61);
    expect(await reduce()).toBe(1);
    await pass(61);
    expect(await reduce()).toBe(1);
  });

  it('grow by one every five minutes, without anything being written', async () => {
    await reduce();
    // Some time passes by itself as well.
    await pass(240);
    expect(await slotsMax()).toBe(4);
    await pass(60);
    expect(await slotsMax()).toBe(5);
    await pass(600);
    expect(await slotsMax()).toBe(7);
    expect(await reduce()).toBe(4);
    await pass(1200);
    expect(await slotsMax()).toBeNull();
    expect((await readAccounts(store.pool))[0]?.reduced).toBeNull();
  });

  it('follow no mark that a wrong clock left in the future', async () => {
    await reduce();
    await pass(-86_400);
    expect(await slotsMax()).toBeNull();
    expect(await reduce()).toBe(4);
  });
});
