import { createGateStore, type GateStore } from '../../../src/store/gate-state.ts';
import { openStore, type Store } from '../../support/stored/ledger.ts';

const closing = { systemStatus: 'InMaintenance', reason: 'planned maintenance', pollMs: 600_000 };
let store: Store;
let gate: GateStore;

beforeAll(async () => {
  store = await openStore();
  gate = createGateStore(store.pool);
});
afterEach(async () => {
  await gate.open();
  await store.pool.query('update pipeline.system_status set asked_at = null');
});
afterAll(() => store.close());

describe('the system status', () => {
  it('is requested after failures by one process, at most once in the interval, and never while the gate is closed', async () => {
    const claims = await Promise.all([1, 2, 3].map(() => gate.claimCheckAfterFailure(60_000)));
    expect(claims.filter(Boolean)).toHaveLength(1);
    expect(await gate.claimCheckAfterFailure(60_000)).toBe(false);
    await store.pool.query(`update pipeline.system_status set asked_at = now() - interval '61 seconds'`);
    await gate.close(closing);
    expect(await gate.claimCheckAfterFailure(60_000)).toBe(false);
    await gate.open();
    expect(await gate.claimCheckAfterFailure(60_000)).toBe(true);
  });

  it('is requested behind a closed gate by one process at the scheduled time, not before', async () => {
    await gate.close(closing);
    expect(await gate.claimScheduledCheck(closing.pollMs)).toBe(false);
    await store.pool.query(`update pipeline.system_status set next_check_at = now() - interval '1 second'`);
    const claims = await Promise.all([1, 2, 3].map(() => gate.claimScheduledCheck(closing.pollMs)));
    expect(claims.filter(Boolean)).toHaveLength(1);
  });
});

describe('the gate', () => {
  it('keeps the time it was closed when it is closed again', async () => {
    expect(await gate.read()).toMatchObject({ isOpen: true, systemStatus: 'OK' });
    await gate.close(closing);
    const first = await gate.read();
    expect(first).toMatchObject({ isOpen: false, systemStatus: 'InMaintenance', reason: closing.reason });
    await gate.close({ ...closing, systemStatus: 'UnplannedOutage', reason: 'outage' });
    expect(await gate.read()).toMatchObject({
      closedAt: first.closedAt,
      systemStatus: 'UnplannedOutage',
    });
  });

  it('clears reason and times when it opens', async () => {
    await gate.close(closing);
    await gate.open();
    expect(await gate.read()).toMatchObject({
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

  it('counts consecutive failed status calls', async () => {
    expect([await gate.countFailedCheck(), await gate.countFailedCheck()]).toEqual([1, 2]);
    await gate.open();
    expect(await gate.countFailedCheck()).toBe(1);
  });
});
