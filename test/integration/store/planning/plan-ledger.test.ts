import { inTransaction } from '../../../../src/store/connection/pool.ts';
import {
  enterPlan,
  enterReadings,
  type PlannedReading,
  type PlannedWindow,
  writeCheckpointStates,
} from '../../../../src/store/planning/plan-ledger.ts';
import { day, openQueueStore, plantTask, type QueueStore } from '../../../support/stored/ledger.ts';

let store: QueueStore;

beforeAll(async () => {
  store = await openQueueStore();
});
afterEach(() => store.clear());
afterAll(() => store.close());

const whole = { from: day(1), to: day(3) };
const halves = [
  { from: day(1), to: day(2) },
  { from: day(2), to: day(3) },
];

function windowOf(changes: Partial<PlannedWindow> = {}): PlannedWindow {
  return {
    ...{ accountId: 1, jobId: 42, eventType: 'open', origin: 'sync', isFullRead: true },
    ...{ window: whole, parts: [whole], ...changes },
  };
}

const enter = (windows: readonly PlannedWindow[], runId = 1) =>
  inTransaction(store.pool, (tx) => enterPlan(tx, store.queue, runId, windows));

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
      await enterPlan(tx, store.queue, 1, [windowOf()]);
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

describe('a plan of dimensions', () => {
  const window = { from: day(1), to: day(3) };
  const jobs = (...jobIds: number[]) => ({ window: null, jobIds });
  const readingOf = (changes: Partial<PlannedReading> = {}): PlannedReading => {
    const scope = { window, jobIds: null };
    return { accountId: 1, dimension: 'job', scope, parts: [scope], ...changes };
  };
  const enterAll = (readings: readonly PlannedReading[]) =>
    inTransaction(store.pool, (tx) => enterReadings(tx, store.queue, 1, readings));
  const rows = async () => {
    const { rows: tasks } = await store.pool.query<object>(
      `select kind, event_type as dimension, state, job_id, window_from as from, job_ids from pipeline.extract_tasks order by id`,
    );
    return tasks;
  };

  it('enters a window, a list of jobs in parts, and a whole dimension', async () => {
    const whole = { window: null, jobIds: null };
    const entered = await enterAll([
      readingOf(),
      readingOf({ accountId: 2, scope: jobs(7, 8, 9), parts: [jobs(7, 8), jobs(9)] }),
      readingOf({ dimension: 'triggered_send', scope: whole, parts: [whole] }),
    ]);
    expect(entered).toBe(4);
    const common = { kind: 'dimension', dimension: 'job', state: 'planned', job_id: null };
    expect(await rows()).toEqual([
      { ...common, from: window.from, job_ids: null },
      { ...common, state: 'split', from: null, job_ids: [7, 8, 9] },
      { ...common, dimension: 'triggered_send', from: null, job_ids: null },
      { ...common, from: null, job_ids: [7, 8] },
      { ...common, from: null, job_ids: [9] },
    ]);
    expect(await queuedIds()).toHaveLength(4);
  });

  it('has one open reading of each dimension and account, and another one beside a parked one', async () => {
    expect(await enterAll([readingOf()])).toBe(1);
    expect(
      await enterAll([readingOf({ scope: jobs(7), parts: [jobs(7)] }), readingOf({ accountId: 2 })]),
    ).toBe(1);
    await store.pool.query(
      `update pipeline.extract_tasks set state = 'parked', parked_at = now(), settled_at = now()`,
    );
    expect(await enterAll([readingOf()])).toBe(1);
  });
});
