import {
  closeRun,
  hasOpenTasks,
  openRun,
  readRunCounts,
  type RunRequest,
} from '../../../../../src/store/ledger/runs/run-log.ts';
import {
  findUnfinishedBackfill,
  readPlanned,
} from '../../../../../src/store/ledger/runs/unfinished-backfill.ts';
import {
  day,
  emptyLedger,
  openStore,
  type PlantedTask,
  plantTask,
  type Store,
} from '../../../../support/stored/ledger.ts';

let store: Store;

beforeAll(async () => {
  store = await openStore();
});
afterEach(() => emptyLedger(store.pool));
afterAll(() => store.close());

const sync: RunRequest = { kind: 'sync', accountIds: [1], eventTypes: ['open', 'click'], processId: 1 };
const backfill: RunRequest = { ...sync, kind: 'backfill', range: { from: day(1), to: day(5) } };

const noCounts = { tasks: { done: 0, parked: 0 }, events: {}, dimensions: {}, requests: 0 };

async function runIdOf(request: RunRequest): Promise<number> {
  return (await openRun(store.pool, request))?.runId ?? 0;
}

describe('a tick', () => {
  it('is served by one of the processes that hear it; runs that a person starts are never refused', async () => {
    const tick = { ...sync, scheduledAt: day(3) };
    const opened = await Promise.all(
      [1, 2, 3].map((processId) => openRun(store.pool, { ...tick, processId })),
    );
    expect(opened.filter((run) => run !== undefined)).toHaveLength(1);
    expect(await openRun(store.pool, { ...tick, scheduledAt: day(4) })).toBeDefined();
    expect(await Promise.all([openRun(store.pool, sync), openRun(store.pool, sync)])).not.toContain(
      undefined,
    );
  });
});

describe('the counts of a run', () => {
  it('are the sums of its tasks, events and dimensions apart', async () => {
    const runId = await runIdOf(sync);
    const set = (id: number, records: number, inserted: number, requests: number) =>
      store.pool.query(
        'update pipeline.extract_tasks set records = $2, inserted = $3, requests = $4 where id = $1',
        [...[id, records, inserted, requests]],
      );
    await set(await plantTask(store.pool, { runId, state: 'done' }), 30, 20, 2);
    await set(await plantTask(store.pool, { runId, jobId: 43, state: 'parked' }), 10, 10, 3);
    await set(await plantTask(store.pool, { runId, dimension: 'job', state: 'done' }), 7, 1, 5);

    expect(await readRunCounts(store.pool, runId, sync.eventTypes)).toEqual({
      tasks: { done: 2, parked: 1 },
      events: {
        open: { records: 40, inserted: 30, rejected: 0 },
        click: { records: 0, inserted: 0, rejected: 0 },
      },
      dimensions: { job: { records: 7, inserted: 1, rejected: 0 } },
      requests: 10,
    });
  });
});

describe('a backfill', () => {
  it.each<{ name: string; close: boolean; state: string; dimension?: string; isFound: boolean }>([
    { name: 'finished early with open tasks', close: true, state: 'interrupted', isFound: true },
    { name: 'with nothing left to do', close: true, state: 'done', isFound: false },
    { name: 'with nothing left but a parked task', close: true, state: 'parked', isFound: false },
    {
      name: 'ended while it read dimensions',
      close: true,
      state: 'planned',
      dimension: 'job',
      isFound: false,
    },
    { name: 'still going', close: false, state: 'planned', isFound: false },
  ])('$name is continued: $isFound', async ({ close, state, dimension, isFound }) => {
    const runId = await runIdOf(backfill);
    const origin = dimension === undefined ? 'backfill' : 'sync';
    await plantTask(store.pool, { runId, origin, state, ...(dimension === undefined ? {} : { dimension }) });
    if (close) await closeRun(store.pool, runId, 'interrupted', noCounts);
    expect(await findUnfinishedBackfill(store.pool, backfill)).toEqual(isFound ? [runId] : []);
  });

  it('is another one with another range, other jobs or other event types', async () => {
    const runId = await runIdOf(backfill);
    await plantTask(store.pool, { runId, origin: 'backfill' });
    await closeRun(store.pool, runId, 'interrupted', noCounts);
    const others: RunRequest[] = [
      { ...backfill, range: { from: day(1), to: day(6) } },
      { ...backfill, jobIds: [42] },
      { ...backfill, eventTypes: ['open'] },
      { ...backfill, accountIds: [1, 2] },
    ];
    for (const other of others) expect(await findUnfinishedBackfill(store.pool, other)).toEqual([]);
    expect(await findUnfinishedBackfill(store.pool, backfill)).toEqual([runId]);
  });
});

describe('a backfill that continued another', () => {
  it('is continued together with it, and what either planned is planned', async () => {
    const first = await runIdOf(backfill);
    await plantTask(store.pool, { runId: first, origin: 'backfill', state: 'done', jobId: 1 });
    await closeRun(store.pool, first, 'interrupted', noCounts);
    const second = await runIdOf({ ...backfill, continuesRunId: first });
    await plantTask(store.pool, { runId: second, origin: 'backfill', jobId: 2 });
    await closeRun(store.pool, second, 'interrupted', noCounts);

    const continued = await findUnfinishedBackfill(store.pool, backfill);
    expect(continued).toEqual([second, first]);
    const isPlanned = await readPlanned(store.pool, continued, 1);
    expect([1, 2, 3].map((jobId) => isPlanned(jobId, 'open'))).toEqual([true, true, false]);
    expect(isPlanned(1, 'click')).toBe(false);
    expect((await readPlanned(store.pool, [second], 1))(1, 'open')).toBe(false);
    expect((await readPlanned(store.pool, continued, 2))(1, 'open')).toBe(false);
  });

  it('is continued where only the one before it has something open', async () => {
    const first = await runIdOf(backfill);
    await plantTask(store.pool, { runId: first, origin: 'backfill', accountId: 2 });
    await closeRun(store.pool, first, 'interrupted', noCounts);
    const second = await runIdOf({ ...backfill, continuesRunId: first });
    await plantTask(store.pool, { runId: second, origin: 'backfill', state: 'done' });
    await closeRun(store.pool, second, 'completed_with_problems', noCounts);
    expect(await findUnfinishedBackfill(store.pool, backfill)).toEqual([second, first]);
  });
});

describe('a run', () => {
  const scope = { runId: 1, accountIds: [3, 1], eventTypes: ['open'], origins: ['sync'] as const };

  it.each<{ name: string; task: PlantedTask; isOpen: boolean }>([
    { name: 'its own, of whatever origin', task: { runId: 1, origin: 'backfill' }, isOpen: true },
    { name: 'one of its scope that another run is at', task: { runId: 2, state: 'running' }, isOpen: true },
    { name: 'another run’s backfill', task: { runId: 2, origin: 'backfill' }, isOpen: false },
    { name: 'another event type', task: { runId: 2, eventType: 'click' }, isOpen: false },
    { name: 'another account', task: { runId: 2, accountId: 2 }, isOpen: false },
    { name: 'a window that was cut', task: { runId: 1, state: 'split' }, isOpen: false },
    { name: 'what was parked', task: { runId: 1, state: 'parked' }, isOpen: false },
  ])('waits for $name: $isOpen', async ({ task, isOpen }) => {
    await plantTask(store.pool, task);
    expect(await hasOpenTasks(store.pool, scope)).toBe(isOpen);
    expect(await hasOpenTasks(store.pool, { ...scope, jobIds: [42, 99] })).toBe(isOpen);
    expect(await hasOpenTasks(store.pool, { ...scope, jobIds: [99] })).toBe(false);
  });
});
