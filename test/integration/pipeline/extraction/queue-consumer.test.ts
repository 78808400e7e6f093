import { sleep } from '../../../../src/pipeline/backoff.ts';
import {
  QueueConsumer,
  type QueueConsumerOptions,
} from '../../../../src/pipeline/extraction/queue-consumer.ts';
import { type Delivery, TaskQueue } from '../../../../src/store/queue/task-queue.ts';
import { eventually } from '../../../support/clock.ts';
import { openStore, type Store } from '../../../support/stored/ledger.ts';

let store: Store;
let queue: TaskQueue;
let drain: AbortController;
let running: Promise<void>;
let handled: number[];
let failures: unknown[];

beforeAll(async () => {
  store = await openStore();
});
beforeEach(async () => {
  queue = await TaskQueue.start(store.url);
  drain = new AbortController();
  handled = [];
  failures = [];
});
afterEach(async () => {
  drain.abort();
  await running;
  await queue.stop();
  await store.pool.query('delete from sfmc_tracking_queue.job');
});
afterAll(() => store.close());

type Claim = QueueConsumerOptions<Delivery>['claim'];

/** Claims every delivery; its task is the delivery itself. */
const claimAll: Claim = (deliveries) =>
  Promise.resolve(new Map(deliveries.map((delivery) => [delivery.taskId, delivery])));

function start(changes: Partial<QueueConsumerOptions<Delivery>> = {}): QueueConsumer<Delivery> {
  const consumer = new QueueConsumer({
    queue,
    concurrency: 4,
    concurrencyPerAccount: 4,
    isServed: () => true,
    isUrgent: () => true,
    claim: claimAll,
    handle: note,
    onFailure: (error) => failures.push(error),
    // A clock by which each task takes a millisecond.
    now: () => new Date(handled.length),
    sleep,
    ...changes,
  });
  running = consumer.run(drain.signal);
  return consumer;
}

function note({ taskId }: Delivery): Promise<void> {
  handled.push(taskId);
  return Promise.resolve();
}

/** Notes a task and then holds it until it is let go. */
function holdAll() {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const handle = async (delivery: Delivery) => {
    await note(delivery);
    await promise;
  };
  return { handle, letGo: () => resolve(undefined) };
}

async function send(from: number, to: number, accountId = 7): Promise<void> {
  const ids = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  await queue.enqueue(
    store.pool,
    ids.map((taskId) => ({ taskId, accountId })),
  );
}

async function stateOf(taskId: number): Promise<string | undefined> {
  const { rows } = await store.pool.query<{ state: string }>(
    'select state from sfmc_tracking_queue.job where singleton_key = $1 order by created_on desc limit 1',
    [String(taskId)],
  );
  return rows[0]?.state;
}

const untilHandled = (count: number) =>
  eventually(`${count} tasks`, () => handled.length >= count || undefined);

it('handles every delivery once, far more of them than it has places', async () => {
  await send(1, 500);
  let claims = 0;
  start({
    claim: (deliveries) => {
      claims += 1;
      return claimAll(deliveries);
    },
  });
  await untilHandled(500);
  // Prefetched at the rate of the last tasks: without it there would be 125 claims.
  expect(claims).toBeLessThan(40);
  drain.abort();
  await running;
  expect(new Set(handled).size).toBe(500);
  expect(handled).toHaveLength(500);
  const { rowCount } = await store.pool.query(
    `select from sfmc_tracking_queue.job where state <> 'completed'`,
  );
  expect(rowCount).toBe(0);
});

it('leaves to other processes what it has no place for while tasks are long', async () => {
  await send(1, 20);
  const { handle, letGo } = holdAll();
  const consumer = start({ handle });
  await untilHandled(4);
  consumer.wake();
  const others = await queue.fetch({ deliveriesMax: 20 });
  letGo();
  expect(others).toHaveLength(16);
});

it('keeps places for other accounts when one has sent far more', async () => {
  await send(1, 20);
  await send(21, 22, 8);
  const { handle, letGo } = holdAll();
  start({ handle, concurrencyPerAccount: 2 });
  await untilHandled(4);
  letGo();
  expect(handled.slice(0, 4).filter((taskId) => taskId > 20)).toEqual([21, 22]);
});

it('returns the deliveries of accounts that it does not serve, and fetches no more of them', async () => {
  await send(1, 20, 8);
  await send(21, 22);
  start({ isServed: (accountId) => accountId === 7 });
  await untilHandled(2);
  const waiting = await eventually('returned deliveries', async () => {
    const others = await queue.fetch({ deliveriesMax: 30 });
    await queue.redeliver(
      others.map(({ queueJobId }) => queueJobId),
      'looked at',
    );
    return others.length === 20 ? others : undefined;
  });
  expect(new Set(waiting.map(({ accountId }) => accountId))).toEqual(new Set([8]));
  await send(23, 24, 8);
  await send(25, 25);
  await untilHandled(3);
  expect(handled.toSorted()).toEqual([21, 22, 25]);
  expect([await stateOf(23), await stateOf(24)]).toEqual(['created', 'created']);
});

it('returns a delivery when its handler fails, and takes it again', async () => {
  await send(1, 1);
  start({
    handle: async (delivery) => {
      await note(delivery);
      if (handled.length === 1) throw new Error('interrupted');
    },
  });
  await untilHandled(2);
  expect(handled).toEqual([1, 1]);
});

it('takes out of the queue what cannot be claimed: it is settled, or has another owner', async () => {
  await send(1, 2);
  start({ claim: (deliveries) => claimAll(deliveries.filter(({ taskId }) => taskId === 2)) });
  await untilHandled(1);
  await eventually(
    'an empty queue',
    async () => ((await stateOf(1)) === 'completed' && (await stateOf(2)) === 'completed') || undefined,
  );
  expect(handled).toEqual([2]);
});

it('goes on after claiming failed, and takes those deliveries again', async () => {
  await send(1, 3);
  let isFirst = true;
  start({
    claim: (deliveries) => {
      if (!isFirst) return claimAll(deliveries);
      isFirst = false;
      return Promise.reject(new Error('the database was away'));
    },
  });
  await untilHandled(3);
  expect(failures).toMatchObject([{ message: 'the database was away' }]);
  expect(handled.sort()).toEqual([1, 2, 3]);
});

it('ends only when its handlers have ended', async () => {
  await send(1, 1);
  const { handle, letGo } = holdAll();
  const consumer = start({
    handle: async (delivery) => {
      await handle(delivery);
      handled.push(-delivery.taskId);
    },
  });
  await untilHandled(1);
  const { rows } = await store.pool.query<{ id: string }>('select id from sfmc_tracking_queue.job');
  expect(consumer.isClaimed(rows[0]?.id ?? '')).toBe(true);
  drain.abort();
  letGo();
  await running;
  expect(handled).toEqual([1, -1]);
  expect(await stateOf(1)).toBe('completed');
});
