import { inTransaction } from '../../../../src/store/connection/pool.ts';
import { openProcessSession } from '../../../../src/store/connection/session.ts';
import { type FetchLimits, TaskQueue, tasksChannel } from '../../../../src/store/queue/task-queue.ts';
import { eventually } from '../../../support/clock.ts';
import { openStore, type Store } from '../../../support/stored/ledger.ts';

const limits = { deliveriesMax: 10 };
let store: Store;
let queue: TaskQueue;

beforeAll(async () => {
  store = await openStore();
});
beforeEach(async () => {
  queue = await TaskQueue.start(store.url);
});
afterEach(async () => {
  await queue.stop();
  await store.pool.query('delete from sfmc_tracking_queue.job');
});
afterAll(() => store.close());

const task = (taskId: number, accountId = 7) => ({ taskId, accountId });

async function fetchIds(given: FetchLimits = limits): Promise<number[]> {
  const deliveries = await queue.fetch(given);
  return deliveries.map(({ taskId }) => taskId).sort((a, b) => a - b);
}

it('delivers what a transaction sent when that commits, and never what one rolled back', async () => {
  await inTransaction(store.pool, async (tx) => {
    await queue.enqueue(tx, [task(1)]);
    expect(await fetchIds()).toEqual([]);
  });
  const failing = inTransaction(store.pool, async (tx) => {
    await queue.enqueue(tx, [task(2)]);
    throw new Error('the plan failed');
  });
  await expect(failing).rejects.toThrow('the plan failed');
  expect(await fetchIds()).toEqual([1]);
});

it('keeps one delivery of a task that is sent again and again, and all windows of one job', async () => {
  const tasks = [1, 2, 3].map((taskId) => task(taskId));
  await queue.enqueue(store.pool, tasks);
  await queue.enqueue(store.pool, tasks);
  await queue.enqueue(store.pool, tasks.slice(1));
  expect(await fetchIds()).toEqual([1, 2, 3]);
  await queue.enqueue(store.pool, tasks);
  expect(await fetchIds()).toEqual([]);
});

it('hands one delivery to one of many that fetch at once', async () => {
  const plenty = { deliveriesMax: 60 };
  const tasks = Array.from({ length: 60 }, (_, index) => task(index));
  await queue.enqueue(store.pool, tasks);
  const fetched = await Promise.all(Array.from({ length: 6 }, () => fetchIds(plenty)));
  fetched.push(await fetchIds(plenty));
  expect(fetched.flat().sort((a, b) => a - b)).toEqual(tasks.map(({ taskId }) => taskId));
});

it('passes over the accounts that were named', async () => {
  await queue.enqueue(
    store.pool,
    [1, 2, 3, 4].map((taskId) => task(taskId)),
  );
  await queue.enqueue(store.pool, [task(5, 8)]);
  expect(await fetchIds({ ...limits, exceptAccounts: [7] })).toEqual([5]);
});

it('hands a delivery out again when it was returned or its owner died, and never when it is complete', async () => {
  await queue.enqueue(store.pool, [task(1), task(2)]);
  const deliveries = await queue.fetch(limits);
  const idOf = (taskId: number) =>
    deliveries.flatMap((delivery) => (delivery.taskId === taskId ? [delivery.queueJobId] : []));
  await queue.complete(idOf(2));
  await queue.redeliver(idOf(1), 'owner died');
  expect(await fetchIds()).toEqual([1]);
});

it('tells processes that listen when tasks were sent, at the commit', async () => {
  const session = await openProcessSession(store.url, { command: 'test', host: 'test', pid: 1 });
  let heard = 0;
  await session.listen(tasksChannel, () => {
    heard += 1;
  });
  await inTransaction(store.pool, async (tx) => {
    await queue.enqueue(tx, [task(1)]);
    await session.connection.query('select 1');
    expect(heard).toBe(0);
  });
  await eventually('a notification', () => (heard > 0 ? heard : undefined));
  await session.end();
});
