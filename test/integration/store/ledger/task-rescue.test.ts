import { adoptOpenTasks } from '../../../../src/store/ledger/adopt-tasks.ts';
import { type OwnedTask, takeTasks } from '../../../../src/store/ledger/task-ledger.ts';
import { TaskQueue } from '../../../../src/store/queue/task-queue.ts';
import { noteAlone, releaseTasksOf } from '../../../../src/store/ledger/task-rescue.ts';
import { emptyLedger, openStore, plantTask, type Store, taskRow } from '../../../support/stored/ledger.ts';

const queueJobId = '7b0c2f6e-3c25-4c5a-9d0e-0d6f3c1a0001';
const processId = 7;
let store: Store;

beforeAll(async () => {
  store = await openStore();
});
afterEach(() => emptyLedger(store.pool));
afterAll(() => store.close());

async function take(taskId: number): Promise<OwnedTask> {
  const task = (await takeTasks(store.pool, [{ taskId, queueJobId }], processId)).get(taskId);
  if (task === undefined) throw new Error('it is not there to be taken');
  return task;
}

async function commitPage({ taskId }: OwnedTask): Promise<void> {
  await store.pool.query('update pipeline.extract_tasks set pages = pages + 1 where id = $1', [taskId]);
}

async function die(): Promise<void> {
  await releaseTasksOf(store.pool, [processId]);
}

describe('a task whose owners die', () => {
  it('runs alone after two deaths without a page, and is parked when that one dies too', async () => {
    const id = await plantTask(store.pool);
    for (const mustRunAlone of [false, false, true, true]) {
      const task = await take(id);
      expect(task.mustRunAlone).toBe(mustRunAlone);
      // The third one died before it came to the task.
      await die();
    }
    expect(await taskRow(store.pool, id)).toMatchObject({ state: 'planned', deaths: 4 });

    const alone = await take(id);
    expect(await noteAlone(store.pool, alone)).toBe(true);
    await die();
    expect(await taskRow(store.pool, id)).toMatchObject({ state: 'parked', error_code: 'PROCESS_DIED' });
    const { rows } = await store.pool.query('select watermark from pipeline.checkpoints');
    expect(rows).toEqual([{ watermark: alone.window?.from }]);
  });

  it('starts its count again with each page that was committed since the claim', async () => {
    const id = await plantTask(store.pool);
    await take(id);
    await die();
    await commitPage(await take(id));
    await die();
    expect(await taskRow(store.pool, id)).toMatchObject({ deaths: 0, pages: 1 });
    await take(id);
    await die();
    expect(await taskRow(store.pool, id)).toMatchObject({ deaths: 1 });
  });

  it('is tried alone once more by a later sync', async () => {
    const queue = await TaskQueue.start(store.url);
    const id = await plantTask(store.pool, { state: 'parked', eventType: 'open' });
    await store.pool.query('update pipeline.extract_tasks set deaths = 3 where id = $1', [id]);
    const scope = { accountId: 1, eventTypes: ['open'], origins: ['sync'] } as const;
    await adoptOpenTasks(store.pool, queue, 99, scope);
    expect((await take(id)).mustRunAlone).toBe(true);
    await queue.stop();
  });

  it('is noted as alone by its owner only', async () => {
    const id = await plantTask(store.pool);
    const task = await take(id);
    await die();
    expect(await noteAlone(store.pool, task)).toBe(false);
  });
});
