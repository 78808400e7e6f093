import { inTransaction } from '../../../../src/store/pool.ts';
import {
  type AdoptionScope,
  adoptOpenTasks,
  enterPlan,
  type PlannedWindow,
  writeCheckpointStates,
} from '../../../../src/store/ledger/plan-ledger.ts';
import { openRun } from '../../../../src/store/ledger/run-log.ts';
import { TaskQueue } from '../../../../src/store/ledger/task-queue.ts';
import { day, emptyLedger, openStore, plantTask, type Store, taskRow } from '../../../support/ledger.ts';

let store: Store;
let queue: TaskQueue;

beforeAll(async () => {
  store = await openStore();
  queue = await TaskQueue.start(store.url);
});
afterEach(async () => {
  await emptyLedger(store.pool);
  await store.pool.query('delete from sfmc_tracking_queue.job');
});
afterAll(async () => {
  await queue.stop();
  await store.close();
});

const whole = { from: day(1), to: day(3) };
const halves = [
  { from: day(1), to: day(2) },
  { from: day(2), to: day(3) },
];

function windowOf(changes: Partial<PlannedWindow> = {}): PlannedWindow {
  return {
    ...{ accountId: 1, jobId: 42, eventType: 'open', origin: 'sync', isWhole: true },
    ...{ window: whole, parts: [whole], ...changes },
  };
}

const enter = (windows: readonly PlannedWindow[], runId = 1) =>
  inTransaction(store.pool, (tx) => enterPlan(tx, queue, runId, windows));

async function ledger(): Promise<object[]> {
  const { rows } = await store.pool.query<object>(
    `select state, parent_id is null as is_planned, window_from as from, window_to as to
     from pipeline.extract_tasks order by id`,
  );
  return rows;
}

async function queuedIds(): Promise<number[]> {
  const { rows } = await store.pool.query<{ id: number }>(
    `select (data->>'taskId')::int as id from sfmc_tracking_queue.job order by 1`,
  );
  return rows.map(({ id }) => id);
}

describe('a plan', () => {
  it('enters a window as a task, and one of several parts as a window with tasks', async () => {
    expect(await enter([windowOf(), windowOf({ jobId: 43, parts: halves })])).toBe(3);
    expect(await ledger()).toEqual([
      { state: 'planned', is_planned: true, ...whole },
      { state: 'split', is_planned: true, ...whole },
      ...halves.map((half) => ({ state: 'planned', is_planned: false, ...half })),
    ]);
    expect(await queuedIds()).toHaveLength(3);
  });

  it('keeps a single part that is smaller than its window apart from it', async () => {
    await enter([windowOf({ parts: halves.slice(1) })]);
    expect(await ledger()).toMatchObject([{ state: 'split' }, { state: 'planned', from: day(2) }]);
  });

  it('is entered once when two planners plan the same at the same time', async () => {
    const counts = await Promise.all([1, 2].map((runId) => enter([windowOf({ parts: halves })], runId)));
    expect(counts.toSorted()).toEqual([0, 2]);
    expect(await ledger()).toHaveLength(3);
    expect(await queuedIds()).toHaveLength(2);
  });

  it('enters nothing into the queue where it is rolled back', async () => {
    const failing = inTransaction(store.pool, async (tx) => {
      await enterPlan(tx, queue, 1, [windowOf()]);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect([await ledger(), await queuedIds()]).toEqual([[], []]);
  });

  it('enters a backfill beside an open window of sync, and a window after a parked one', async () => {
    await plantTask(store.pool, { state: 'planned' });
    await plantTask(store.pool, { state: 'parked', jobId: 43 });
    expect(await enter([windowOf({ origin: 'backfill' }), windowOf({ jobId: 43 })])).toBe(2);
  });

  it('writes what it decided about each job and event type', async () => {
    await store.pool.query(
      `insert into pipeline.checkpoints (account_id, job_id, event_type, watermark) values (1, 42, 'open', now()), (1, 43, 'open', now())`,
    );
    await writeCheckpointStates(store.pool, 1, [{ jobId: 42, eventType: 'open', state: 'closed' }]);
    const { rows } = await store.pool.query('select job_id, state from pipeline.checkpoints order by 1');
    expect(rows).toEqual([
      { job_id: 42, state: 'closed' },
      { job_id: 43, state: 'open' },
    ]);
  });
});

describe('adoption', () => {
  const scope: AdoptionScope = { accountId: 1, eventTypes: ['open'], origins: ['sync', 'deep_read'] };
  const adopt = (changes: Partial<AdoptionScope> = {}) =>
    inTransaction(store.pool, (tx) => adoptOpenTasks(tx, queue, 99, { ...scope, ...changes }));

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
    for (const id of [...waiting, running]) expect((await taskRow(store.pool, id))['run_id']).toBe(99);
    for (const id of left) expect((await taskRow(store.pool, id))['run_id']).toBeNull();
  });

  it('leaves the tasks of a run that is still going with it', async () => {
    const run = { kind: 'sync' as const, accountIds: [1], eventTypes: ['open'], processId: 1 };
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

  it('of a backfill takes over the tasks of that one earlier run only', async () => {
    const mine = await plantTask(store.pool, { origin: 'backfill', runId: 5 });
    await plantTask(store.pool, { origin: 'backfill', runId: 6 });
    expect(await adopt({ origins: ['backfill'], fromRun: 5 })).toBe(1);
    expect(await queuedIds()).toEqual([mine]);
  });
});
