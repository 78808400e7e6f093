import { findUndeliveredTasks } from '../../../../src/store/queue/undelivered-tasks.ts';
import { day, openQueueStore, plantTask, type QueueStore } from '../../../support/stored/ledger.ts';

let store: QueueStore;

beforeAll(async () => {
  store = await openQueueStore();
});
afterEach(() => store.clear());
afterAll(() => store.close());

describe('a task that waits without an entry in the queue', () => {
  it('is found; not one that is queued, running, settled, or of an account that is refused', async () => {
    await store.pool.query(`insert into pipeline.accounts (account_id, state) values (2, 'refused')`);
    const planned = await plantTask(store.pool);
    const interrupted = await plantTask(store.pool, { jobId: 43, state: 'interrupted' });
    const queued = await plantTask(store.pool, { jobId: 44 });
    for (const state of ['running', 'done', 'parked'])
      await plantTask(store.pool, { jobId: 45, origin: 'backfill', state });
    await plantTask(store.pool, { jobId: 46, accountId: 2 });
    await store.queue.enqueue(store.pool, [{ taskId: queued, accountId: 1 }]);
    const { undelivered, next } = await findUndeliveredTasks(store.pool);
    expect(undelivered.map(({ taskId }) => taskId)).toEqual([planned, interrupted]);
    expect(next).toBe(0);
  });

  it('has its turn behind any number of tasks that have one', async () => {
    await store.pool.query(
      `insert into pipeline.extract_tasks (root_id, origin, account_id, job_id, event_type, window_from, window_to)
       select 0, 'sync', 1, job_id, 'open', $1, $2 from generate_series(100, 1600) as job_id`,
      [day(1), day(2)],
    );
    const { rows } = await store.pool.query<{ id: number }>('select id from pipeline.extract_tasks');
    await store.queue.enqueue(
      store.pool,
      rows.map(({ id }) => ({ taskId: id, accountId: 1 })),
    );
    const stranded = await plantTask(store.pool);
    const first = await findUndeliveredTasks(store.pool);
    expect(first.undelivered).toEqual([]);
    const second = await findUndeliveredTasks(store.pool, first.next);
    expect(second).toEqual({ undelivered: [{ taskId: stranded, accountId: 1 }], next: 0 });
  });
});
