import { type DeliveryWork, QueueConsumer } from '../../../../src/pipeline/extraction/queue-consumer.ts';
import { sleep } from '../../../../src/pipeline/backoff.ts';
import { type Delivery, TaskQueue } from '../../../../src/store/ledger/task-queue.ts';
import { eventually } from '../../../support/clock.ts';
import { openStore, type Store } from '../../../support/ledger.ts';

let store: Store;
let queue: TaskQueue;
let drain: AbortController;
let running: Promise<void>;
let worked: number[];
let failures: unknown[];

beforeAll(async () => {
  store = await openStore();
});
beforeEach(async () => {
  queue = await TaskQueue.start(store.url);
  drain = new AbortController();
  worked = [];
  failures = [];
});
afterEach(async () => {
  drain.abort();
  await running;
  await queue.stop();
  await store.pool.query('delete from sfmc_tracking_queue.job');
});
afterAll(() => store.close());

type Claim = (deliveries: readonly Delivery[]) => Promise<Map<string, DeliveryWork>>;

/** Claims all deliveries and works on each with `work`. */
function claimAll(work: (delivery: Delivery) => Promise<void>): Claim {
  return (deliveries) =>
    Promise.resolve(new Map(deliveries.map((delivery) => [delivery.queueJobId, () => work(delivery)])));
}

function start(claim: Claim, concurrencyPerAccount = 4): QueueConsumer {
  const consumer = new QueueConsumer({
    queue,
    concurrency: 4,
    concurrencyPerAccount,
    claim,
    onFailure: (error) => failures.push(error),
    now: () => new Date(),
    sleep,
  });
  running = consumer.run(drain.signal);
  return consumer;
}

function note({ taskId }: Delivery): Promise<void> {
  worked.push(taskId);
  return Promise.resolve();
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

const untilWorked = (count: number) =>
  eventually(`${count} tasks`, () => (worked.length >= count ? true : undefined));

it('works on every delivery once, far more of them than it has places', async () => {
  await send(1, 500);
  let claims = 0;
  const claim = claimAll(note);
  start((deliveries) => {
    claims += 1;
    return claim(deliveries);
  });
  await untilWorked(500);
  // Fetched ahead, at the rate of the last ones: as many as there are places would be 125 times.
  expect(claims).toBeLessThan(125);
  drain.abort();
  await running;
  expect(new Set(worked).size).toBe(500);
  expect(worked).toHaveLength(500);
  const { rowCount } = await store.pool.query(
    `select from sfmc_tracking_queue.job where state <> 'completed'`,
  );
  expect(rowCount).toBe(0);
});

it('leaves to other processes what it has no place for while tasks are long', async () => {
  await send(1, 20);
  const { promise: finished, resolve: finish } = Promise.withResolvers<undefined>();
  const consumer = start(
    claimAll(async (delivery) => {
      await note(delivery);
      await finished;
    }),
  );
  await untilWorked(4);
  consumer.wake();
  const others = await queue.fetch({ deliveriesMax: 20 });
  finish(undefined);
  expect(others).toHaveLength(16);
});

it('keeps places for other accounts when one has sent far more', async () => {
  await send(1, 20);
  await send(21, 22, 8);
  const { promise: finished, resolve: finish } = Promise.withResolvers<undefined>();
  const work = claimAll(async (delivery) => {
    await note(delivery);
    await finished;
  });
  start(work, 2);
  await untilWorked(4);
  finish(undefined);
  expect(worked.slice(0, 4).filter((taskId) => taskId > 20)).toEqual([21, 22]);
});

it('gives a delivery back when its work fails, and takes it again', async () => {
  await send(1, 1);
  let isFirst = true;
  start(
    claimAll(async (delivery) => {
      await note(delivery);
      if (isFirst) {
        isFirst = false;
        throw new Error('interrupted');
      }
    }),
  );
  await untilWorked(2);
  expect(worked).toEqual([1, 1]);
});

it('takes out of the queue what cannot be claimed: it is settled, or somebody else has it', async () => {
  await send(1, 2);
  start((deliveries) =>
    Promise.resolve(
      new Map(
        deliveries
          .filter(({ taskId }) => taskId === 2)
          .map((delivery) => [delivery.queueJobId, () => note(delivery)]),
      ),
    ),
  );
  await untilWorked(1);
  await eventually('an empty queue', async () =>
    (await stateOf(1)) === 'completed' && (await stateOf(2)) === 'completed' ? true : undefined,
  );
  expect(worked).toEqual([2]);
});

it('goes on after claiming failed, and hands those deliveries out again', async () => {
  await send(1, 3);
  let isFirst = true;
  const claim = claimAll(note);
  start((deliveries) => {
    if (!isFirst) return claim(deliveries);
    isFirst = false;
    return Promise.reject(new Error('the database was away'));
  });
  await untilWorked(3);
  expect(failures).toMatchObject([{ message: 'the database was away' }]);
  expect(worked.sort()).toEqual([1, 2, 3]);
});

it('ends only when what it has in hand is finished, and hands out what it had fetched ahead', async () => {
  await send(1, 1);
  const { promise: finished, resolve: finish } = Promise.withResolvers<undefined>();
  const consumer = start(
    claimAll(async (delivery) => {
      await note(delivery);
      await finished;
      worked.push(-delivery.taskId);
    }),
  );
  await untilWorked(1);
  const { rows } = await store.pool.query<{ id: string }>('select id from sfmc_tracking_queue.job');
  expect(consumer.isClaimed(rows[0]?.id ?? '')).toBe(true);
  drain.abort();
  finish(undefined);
  await running;
  expect(worked).toEqual([1, -1]);
  expect(await stateOf(1)).toBe('completed');
});
