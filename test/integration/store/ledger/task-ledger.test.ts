import { inTransaction } from '../../../../src/store/connection/pool.ts';
import { changeTask } from '../../../../src/store/ledger/change-task.ts';
import { type OwnedTask, takeTasks, type Window } from '../../../../src/store/ledger/task-ledger.ts';
import { splitTask } from '../../../../src/store/ledger/split-task.ts';
import { TaskQueue } from '../../../../src/store/queue/task-queue.ts';
import {
  day,
  emptyLedger,
  openStore,
  plantTask,
  type Store,
  taskRow,
} from '../../../support/stored/ledger.ts';

const owner = { processId: 7, queueJobId: '7b0c2f6e-3c25-4c5a-9d0e-0d6f3c1a0001' };
const other = { processId: 8, queueJobId: '7b0c2f6e-3c25-4c5a-9d0e-0d6f3c1a0002' };
let store: Store;

beforeAll(async () => {
  store = await openStore();
});
afterEach(() => emptyLedger(store.pool));
afterAll(() => store.close());

async function reachFor(taskId: number, { processId, queueJobId } = owner): Promise<OwnedTask | undefined> {
  return (await takeTasks(store.pool, [{ taskId, queueJobId }], processId)).get(taskId);
}

async function take(taskId: number, by = owner): Promise<OwnedTask> {
  const task = await reachFor(taskId, by);
  if (task === undefined) throw new Error('somebody else has it');
  return task;
}

describe('takeTasks', () => {
  it('gives a task to one of two that reach for it at once', async () => {
    const id = await plantTask(store.pool);
    const taken = await Promise.all([owner, other].map((by) => reachFor(id, by)));
    expect(taken.filter((task) => task !== undefined)).toHaveLength(1);
    expect(await taskRow(store.pool, id)).toMatchObject({ state: 'running', fence: 1 });
  });

  it.each(['running', 'done', 'split', 'parked', 'accepted'])(
    'leaves a task that is %s alone',
    async (state) => {
      const id = await plantTask(store.pool, { state });
      expect(await reachFor(id)).toBeUndefined();
      expect(await taskRow(store.pool, id)).toMatchObject({ state, fence: 0 });
    },
  );

  it('takes many at once for one owner, each by its own delivery, and leaves out what is taken', async () => {
    const ids = [await plantTask(store.pool), await plantTask(store.pool, { jobId: 43 })];
    const settled = await plantTask(store.pool, { jobId: 44, state: 'done' });
    const claims = [...ids, settled].map((taskId, index) => ({
      taskId,
      queueJobId: `7b0c2f6e-3c25-4c5a-9d0e-0d6f3c1a010${index}`,
    }));
    const tasks = await takeTasks(store.pool, claims, 7);
    expect([...tasks.keys()].sort()).toEqual([...ids].sort());
    for (const { taskId, queueJobId } of claims.slice(0, 2))
      expect(await taskRow(store.pool, taskId)).toMatchObject({ queue_job_id: queueJobId, process_id: 7 });
  });

  it('distinguishes a task that was released with no request in flight from one that was not', async () => {
    const exact = await take(await plantTask(store.pool, { state: 'interrupted' }));
    const inexact = await take(await plantTask(store.pool, { jobId: 43 }));
    expect([exact.wasInterrupted, inexact.wasInterrupted]).toEqual([true, false]);
  });
});

describe('changeTask', () => {
  it('writes nothing with the fence of an owner that was presumed dead', async () => {
    const id = await plantTask(store.pool);
    const stale = await take(id);
    await store.pool.query(`update pipeline.extract_tasks set state = 'planned' where id = $1`, [id]);
    await take(id, other);
    expect(await changeTask(store.pool, stale, { state: 'parked' })).toBe(false);
    expect(await taskRow(store.pool, id)).toMatchObject({ state: 'running', process_id: 8, fence: 2 });
  });

  it('counts tries and restarts apart, and a restart forgets the cursor', async () => {
    const id = await plantTask(store.pool);
    const task = await take(id);
    await store.pool.query(`update pipeline.extract_tasks set request_id = 'page-3' where id = $1`, [id]);
    const failure = { code: 'TRANSPORT_FAILED', message: 'reset', details: { httpStatus: 502 } } as const;
    await changeTask(store.pool, task, { state: 'running', failure, isAttempt: true, requests: 2 });
    expect(await taskRow(store.pool, id)).toMatchObject({ attempts: 1, restarts: 0, request_id: 'page-3' });
    await changeTask(store.pool, task, { state: 'running', isRestart: true, requests: 1 });
    expect(await taskRow(store.pool, id)).toMatchObject({
      ...{ attempts: 1, restarts: 1, request_id: null, requests: 3, process_id: 7 },
      ...{ error_code: 'TRANSPORT_FAILED', error_message: 'reset', failure: { httpStatus: 502 } },
    });
  });

  it('keeps what the last failure knew, and nothing of the one before it', async () => {
    const task = await take(await plantTask(store.pool));
    const change = (details: Record<string, string | number>) =>
      changeTask(store.pool, task, {
        ...{ state: 'running', failure: { code: 'RESPONSE_MALFORMED', message: 'damaged', details } },
      });
    await change({ byteOffset: 4711, requestId: 'request-9' });
    expect(await taskRow(store.pool, task.taskId)).toMatchObject({
      failure: { byteOffset: 4711, requestId: 'request-9' },
    });
    await change({ byteOffset: 1 });
    expect((await taskRow(store.pool, task.taskId))['failure']).toEqual({ byteOffset: 1 });
  });

  it('settles a task that is parked, and frees one that is released', async () => {
    const parked = await take(await plantTask(store.pool));
    await changeTask(store.pool, parked, { state: 'parked' });
    const row = await taskRow(store.pool, parked.taskId);
    expect([row['settled_at'], row['parked_at'], row['finished_at']]).not.toContain(null);
    const down = await take(await plantTask(store.pool, { jobId: 43 }));
    await changeTask(store.pool, down, { state: 'interrupted' });
    expect(await taskRow(store.pool, down.taskId)).toMatchObject({ process_id: null, settled_at: null });
  });
});

describe('splitTask', () => {
  let queue: TaskQueue;
  beforeAll(async () => {
    queue = await TaskQueue.start(store.url);
  });
  afterAll(() => queue.stop());
  const halves = [
    { from: day(1), to: day(1.5) },
    { from: day(1.5), to: day(2) },
  ];

  const windowScope = (window: Window) => ({ window, jobIds: null });

  async function partsOf(id: number): Promise<object[]> {
    const { rows } = await store.pool.query<object>(
      `select root_id, window_from, window_to, state from pipeline.extract_tasks where parent_id = $1 order by id`,
      [id],
    );
    return rows;
  }

  it('replaces a planned window by its parts; it stays unsettled until they are', async () => {
    const task = await take(await plantTask(store.pool));
    expect(await inTransaction(store.pool, (tx) => splitTask(tx, queue, task, halves.map(windowScope)))).toBe(
      true,
    );
    expect(await taskRow(store.pool, task.taskId)).toMatchObject({ state: 'split', settled_at: null });
    expect(await partsOf(task.taskId)).toEqual(
      halves.map(({ from, to }) => ({
        ...{ root_id: task.taskId, window_from: from, window_to: to, state: 'planned' },
      })),
    );
    const { rows } = await store.pool.query('select from sfmc_tracking_queue.job');
    expect(rows).toHaveLength(2);
  });

  it('replaces a list of jobs by parts of it, which are taken as such', async () => {
    const task = await take(await plantTask(store.pool, { dimension: 'job', jobIds: [7, 8, 9] }));
    expect(task).toMatchObject({ kind: 'dimension', jobId: null, window: null, jobIds: [7, 8, 9] });
    const parts = [[7, 8], [9]].map((jobIds) => ({ window: null, jobIds }));
    await inTransaction(store.pool, (tx) => splitTask(tx, queue, task, parts));
    const { rows } = await store.pool.query<{ id: number }>(
      'select id from pipeline.extract_tasks where parent_id = $1 order by id',
      [task.taskId],
    );
    for (const [at, { id }] of rows.entries())
      expect(await take(id)).toMatchObject({ kind: 'dimension', eventType: 'job', ...parts[at] });

    expect(rows).toHaveLength(2);
  });

  it('settles a part that is cut again, since its own parts stand for it', async () => {
    const rootId = await plantTask(store.pool, { state: 'split' });
    const part = await take(await plantTask(store.pool, { rootId }));
    await inTransaction(store.pool, (tx) => splitTask(tx, queue, part, halves.map(windowScope)));
    expect((await taskRow(store.pool, part.taskId))['settled_at']).not.toBeNull();
    expect(await partsOf(part.taskId)).toMatchObject([{ root_id: rootId }, { root_id: rootId }]);
  });

  it('cuts nothing for an owner that lost the task', async () => {
    const task = await take(await plantTask(store.pool));
    const stale = { ...task, fence: task.fence - 1 };
    expect(
      await inTransaction(store.pool, (tx) => splitTask(tx, queue, stale, halves.map(windowScope))),
    ).toBe(false);
    expect(await partsOf(task.taskId)).toEqual([]);
  });
});
