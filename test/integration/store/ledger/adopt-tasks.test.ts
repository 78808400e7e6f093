import { type AdoptionScope, adoptOpenTasks } from '../../../../src/store/ledger/adopt-tasks.ts';
import { openRun, readRunCounts } from '../../../../src/store/ledger/runs/run-log.ts';
import { inTransaction } from '../../../../src/store/connection/pool.ts';
import { openQueueStore, plantTask, type QueueStore, taskRow } from '../../../support/stored/ledger.ts';

let store: QueueStore;

beforeAll(async () => {
  store = await openQueueStore();
});
afterEach(() => store.clear());
afterAll(() => store.close());

async function queuedIds(): Promise<number[]> {
  const { rows } = await store.pool.query<{ id: number }>(
    `select (data->>'taskId')::int as id from sfmc_tracking_queue.job order by 1`,
  );
  return rows.map(({ id }) => id);
}

const run = { kind: 'sync' as const, accountIds: [1], eventTypes: ['open'], processId: 1 };

describe('adoption', () => {
  const scope: AdoptionScope = { accountId: 1, eventTypes: ['open'], origins: ['sync', 'full_reread'] };
  const adopt = (changes: Partial<AdoptionScope> = {}) =>
    inTransaction(store.pool, (tx) => adoptOpenTasks(tx, store.queue, runId, { ...scope, ...changes }));

  let runId: number;
  beforeEach(async () => {
    runId = (await openRun(store.pool, run))?.runId ?? 0;
  });

  it('takes over what is open, and queues what waits; nothing settled, foreign or of another kind', async () => {
    const waiting = [
      await plantTask(store.pool),
      await plantTask(store.pool, { jobId: 43, state: 'interrupted' }),
    ];
    const running = await plantTask(store.pool, { jobId: 44, state: 'running' });
    const left = [
      await plantTask(store.pool, { jobId: 45, state: 'done' }),
      await plantTask(store.pool, { jobId: 46, accountId: 2 }),
      await plantTask(store.pool, { jobId: 47, eventType: 'click' }),
      await plantTask(store.pool, { jobId: 48, origin: 'backfill' }),
    ];
    expect(await adopt()).toBe(2);
    expect(await queuedIds()).toEqual(waiting);
    for (const id of [...waiting, running]) expect((await taskRow(store.pool, id))['run_id']).toBe(runId);
    for (const id of left) expect((await taskRow(store.pool, id))['run_id']).toBeNull();
  });

  it('leaves the tasks of a run that is still going with it', async () => {
    const going = await openRun(store.pool, run);
    const id = await plantTask(store.pool, { runId: going?.runId ?? 0 });
    expect(await adopt()).toBe(0);
    expect((await taskRow(store.pool, id))['run_id']).toBe(going?.runId);
  });

  it('tries what a sync parked once more, with a clean record of tries; never what a backfill parked', async () => {
    const parked = await plantTask(store.pool, { state: 'parked' });
    const ofBackfill = await plantTask(store.pool, { jobId: 43, state: 'parked', origin: 'backfill' });
    await store.pool.query('update pipeline.extract_tasks set attempts = 5, restarts = 2');
    expect(await adopt({ origins: ['sync', 'backfill'] })).toBe(1);
    expect(await taskRow(store.pool, parked)).toMatchObject({
      ...{ state: 'planned', attempts: 0, restarts: 0, settled_at: null },
    });
    expect(await taskRow(store.pool, ofBackfill)).toMatchObject({ state: 'parked', attempts: 5 });
  });

  it('of a backfill takes over the tasks of these earlier runs only, and what they parked', async () => {
    const earlier = runId + 100;
    const mine = [
      await plantTask(store.pool, { origin: 'backfill', runId: earlier }),
      await plantTask(store.pool, { origin: 'backfill', runId: earlier + 1, state: 'parked' }),
    ];
    await plantTask(store.pool, { origin: 'backfill', runId: earlier + 2 });
    await plantTask(store.pool, { origin: 'backfill', runId: earlier, state: 'done' });
    expect(await adopt({ origins: ['backfill'], fromRuns: [earlier, earlier + 1] })).toBe(2);
    expect(await queuedIds()).toEqual(mine);
    expect(await adopt({ origins: ['backfill'], fromRuns: [] })).toBe(0);
  });

  it('notes what the tasks had counted before, once, so that the run reports its own work', async () => {
    await plantTask(store.pool, { state: 'interrupted' });
    await plantTask(store.pool, { dimension: 'job' });
    const count = (records: number, requests: number) =>
      store.pool.query('update pipeline.extract_tasks set records = $1, requests = $2', [records, requests]);
    await count(100, 4);
    await adopt();
    await adopt({ eventTypes: ['job', 'open'] });
    await adopt({ eventTypes: ['job', 'open'] });
    await count(130, 6);
    expect(await readRunCounts(store.pool, runId, ['open'])).toMatchObject({
      events: { open: { records: 30 } },
      dimensions: { job: { records: 30 } },
      requests: 4,
    });
  });
});
