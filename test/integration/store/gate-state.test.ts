import {
  claimCheckAfterFailure,
  claimScheduledCheck,
  closeGate,
  countFailedCheck,
  openGate,
  readGate,
} from '../../../src/store/gate-state.ts';
import { openStore, type Store } from '../../support/ledger.ts';

const closing = { systemStatus: 'InMaintenance', reason: 'planned maintenance', pollMs: 600_000 };
let store: Store;

beforeAll(async () => {
  store = await openStore();
});
afterEach(async () => {
  await openGate(store.pool);
  await store.pool.query('update pipeline.system_status set asked_at = null');
});
afterAll(() => store.close());

describe('the system status', () => {
  it('is asked after failures by one process, at most once in the interval, and not at all while the gate is closed', async () => {
    const claims = await Promise.all([1, 2, 3].map(() => claimCheckAfterFailure(store.pool, 60_000)));
    expect(claims.filter(Boolean)).toHaveLength(1);
    expect(await claimCheckAfterFailure(store.pool, 60_000)).toBe(false);
    await store.pool.query(`update pipeline.system_status set asked_at = now() - interval '61 seconds'`);
    await closeGate(store.pool, closing);
    expect(await claimCheckAfterFailure(store.pool, 60_000)).toBe(false);
    await openGate(store.pool);
    expect(await claimCheckAfterFailure(store.pool, 60_000)).toBe(true);
  });

  it('is asked behind a closed gate by one process when it is time, and not before', async () => {
    await closeGate(store.pool, closing);
    expect(await claimScheduledCheck(store.pool, closing.pollMs)).toBe(false);
    await store.pool.query(`update pipeline.system_status set next_check_at = now() - interval '1 second'`);
    const claims = await Promise.all([1, 2, 3].map(() => claimScheduledCheck(store.pool, closing.pollMs)));
    expect(claims.filter(Boolean)).toHaveLength(1);
  });
});

describe('the gate', () => {
  it('remembers since when it is closed, however often that is said again', async () => {
    expect(await readGate(store.pool)).toMatchObject({ isOpen: true, systemStatus: 'OK' });
    await closeGate(store.pool, closing);
    const first = await readGate(store.pool);
    expect(first).toMatchObject({ isOpen: false, systemStatus: 'InMaintenance', reason: closing.reason });
    await closeGate(store.pool, { ...closing, systemStatus: 'UnplannedOutage', reason: 'outage' });
    expect(await readGate(store.pool)).toMatchObject({
      closedAt: first.closedAt,
      systemStatus: 'UnplannedOutage',
    });
  });

  it('forgets all of that when it opens', async () => {
    await closeGate(store.pool, closing);
    await openGate(store.pool);
    expect(await readGate(store.pool)).toMatchObject({
      ...{
        isOpen: true,
        systemStatus: 'OK',
        reason: null,
        closedAt: null,
        nextCheckAt: null,
        failedChecks: 0,
      },
    });
  });

  it('counts status calls that fail in a row', async () => {
    expect([await countFailedCheck(store.pool), await countFailedCheck(store.pool)]).toEqual([1, 2]);
    await openGate(store.pool);
    expect(await countFailedCheck(store.pool)).toBe(1);
  });
});
