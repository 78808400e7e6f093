import { inTransaction } from '../../../src/store/pool.ts';
import { type Delivery, TaskQueue } from '../../../src/store/task-queue.ts';
import { eventually } from '../../support/clock.ts';
import { openStore, type Store } from '../../support/ledger.ts';

const limits = { concurrency: 4, concurrencyPerAccount: 4 };
let store: Store;
let queue: TaskQueue;
let delivered: Delivery[];

beforeAll(async () => {
  store = await openStore();
});
beforeEach(async () => {
  queue = await TaskQueue.start(store.url);
  delivered = [];
});
afterEach(async () => {
  await queue.stop();
  await store.pool.query('delete from pgboss.job');
});
afterAll(() => store.close());

const taskIds = () => delivered.map(({ taskId }) => taskId).sort();

function collect(delivery: Delivery): Promise<void> {
  delivered.push(delivery);
  return Promise.resolve();
}

it('delivers what a transaction sent when that commits, and never what one rolled back', async () => {
  await inTransaction(store.pool, (tx) => queue.enqueue(tx, [{ taskId: 1, accountId: 7 }]));
  await expect(
    inTransaction(store.pool, async (tx) => {
      await queue.enqueue(tx, [{ taskId: 2, accountId: 7 }]);
      throw new Error('the plan failed');
    }),
  ).rejects.toThrow('the plan failed');
  await queue.startWorking(limits, collect);
  await eventually('a delivery', () => delivered[0]);
  const { rows } = await store.pool.query(
    `select from pgboss.job where state in ('created', 'retry', 'active')`,
  );
  await queue.stopWorking();
  expect(rows.length).toBeLessThanOrEqual(1);
  expect(delivered).toMatchObject([{ taskId: 1, accountId: 7 }]);
});

it('keeps one delivery of a task that is sent again and again, and all windows of one job', async () => {
  const tasks = [1, 2, 3].map((taskId) => ({ taskId, accountId: 7 }));
  await queue.enqueue(store.pool, tasks);
  await queue.enqueue(store.pool, tasks);
  await queue.enqueue(store.pool, tasks.slice(1));
  await queue.startWorking(limits, collect);
  await eventually('three deliveries', () => delivered.length >= 3);
  await queue.stopWorking();
  expect(taskIds()).toEqual([1, 2, 3]);
});

it('takes the parts of a task while the task itself is still in hand', async () => {
  const parts = [11, 12].map((taskId) => ({ taskId, accountId: 7 }));
  await queue.enqueue(store.pool, [{ taskId: 10, accountId: 7 }]);
  await queue.startWorking(limits, async (delivery) => {
    if (delivery.taskId === 10) await queue.enqueue(store.pool, parts);
    await collect(delivery);
  });
  await eventually('its parts', () => delivered.length >= 3);
  await queue.stopWorking();
  expect(taskIds()).toEqual([10, 11, 12]);
});

it('hands a delivery out again when it failed, or when its owner died', async () => {
  await queue.enqueue(store.pool, [{ taskId: 1, accountId: 7 }]);
  let isDead = true;
  await queue.startWorking(limits, async (delivery) => {
    await collect(delivery);
    if (isDead) {
      isDead = false;
      throw new Error('interrupted');
    }
  });
  await eventually('the second delivery', () => delivered.length >= 2);
  await queue.stopWorking();
  expect(taskIds()).toEqual([1, 1]);

  const { rows } = await store.pool.query<{ id: string }>(
    `insert into pgboss.job (name, data, state, retry_limit, started_on, singleton_key, policy)
     values ('extract-task', '{"taskId": 2, "accountId": 7}', 'active', 9, now(), '2', 'exclusive') returning id`,
  );
  await queue.startWorking(limits, collect);
  await queue.redeliver(rows.map(({ id }) => id));
  await eventually('the delivery of the dead', () => delivered.length >= 3);
  expect(delivered.at(-1)).toMatchObject({ taskId: 2 });
});

it('ends only when what it has in hand is finished', async () => {
  await queue.enqueue(store.pool, [{ taskId: 1, accountId: 7 }]);
  let finish = (): void => undefined;
  const finished = new Promise<void>((resolve) => (finish = resolve));
  await queue.startWorking(limits, async (delivery) => {
    await collect(delivery);
    await finished;
    delivered.push(delivery);
  });
  await eventually('a delivery', () => delivered[0]);
  const stopped = queue.stopWorking();
  finish();
  await stopped;
  expect(delivered).toHaveLength(2);
});
