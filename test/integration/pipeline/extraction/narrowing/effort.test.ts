import { requireExplained, requireFruit } from '../../../../../src/pipeline/extraction/narrowing/effort.ts';
import { type OwnedTask, takeTasks } from '../../../../../src/store/ledger/task-ledger.ts';
import { emptyLedger, openStore, plantTask, type Store } from '../../../../support/stored/ledger.ts';

let store: Store;

beforeAll(async () => {
  store = await openStore();
});
afterEach(() => emptyLedger(store.pool));
afterAll(() => store.close());

interface Effort {
  readonly requests: number;
  readonly pages: number;
  readonly records: number;
}

/** A part of a planned window, which together have cost this. */
async function partOf(effort: Effort): Promise<OwnedTask> {
  const rootId = await plantTask(store.pool, { state: 'split', origin: 'backfill' });
  const taskId = await plantTask(store.pool, { rootId, origin: 'backfill' });
  await spend(rootId, effort);
  return take(taskId);
}

/** A window that has brought this before, taken now. */
async function takenAgain(state: 'planned' | 'interrupted', effort: Effort): Promise<OwnedTask> {
  const taskId = await plantTask(store.pool, { state, origin: 'backfill' });
  await spend(taskId, effort);
  return take(taskId);
}

async function spend(taskId: number, { requests, pages, records }: Effort): Promise<void> {
  await store.pool.query(
    'update pipeline.extract_tasks set requests = $2, pages = $3, records = $4 where id = $1',
    [taskId, requests, pages, records],
  );
}

async function take(taskId: number): Promise<OwnedTask> {
  const queueJobId = '7b0c2f6e-3c25-4c5a-9d0e-0d6f3c1a0001';
  const task = (await takeTasks(store.pool, [{ taskId, queueJobId }], 7)).get(taskId);
  if (task === undefined) throw new Error('it is not there to be taken');
  return task;
}

async function plantJob(changes: { isTriggered?: boolean; status?: string } = {}): Promise<void> {
  const { isTriggered = false, status = 'Complete' } = changes;
  await store.pool.query(
    `insert into tracking.jobs (account_id, job_id, sent_at, counters_at, number_sent, is_triggered, status)
     values (1, 42, now() - interval '2 days', now(), 20, $1, $2)`,
    [isTriggered, status],
  );
}

describe('a planned window', () => {
  it('is given up when its requests bring no pages', async () => {
    const fair = await partOf({ requests: 500, pages: 400, records: 0 });
    await expect(requireFruit(store.pool, fair)).resolves.toBeUndefined();
    const fruitless = await partOf({ requests: 100, pages: 10, records: 0 });
    await expect(requireFruit(store.pool, fruitless)).rejects.toMatchObject({
      code: 'BUDGET_EXCEEDED',
      message: '100 requests brought 10 pages of the planned window',
    });
  });

  it('is given up when it brings many more records than its job can have', async () => {
    await plantJob();
    const fair = await partOf({ requests: 3, pages: 3, records: 6000 });
    await expect(requireExplained(store.pool, fair)).resolves.toBeUndefined();
    const endless = await partOf({ requests: 9, pages: 9, records: 25_668 });
    await expect(requireExplained(store.pool, endless)).rejects.toMatchObject({
      code: 'BUDGET_EXCEEDED',
      message: '25668 records of the planned window were read, where NumberSent is 20',
    });
  });

  it('is not charged with what it cost before it is read anew, but where it goes on it is', async () => {
    await plantJob();
    const before = { requests: 100, pages: 10, records: 25_668 };
    const anew = await takenAgain('planned', before);
    await expect(requireExplained(store.pool, anew)).resolves.toBeUndefined();
    await expect(requireFruit(store.pool, anew)).resolves.toBeUndefined();
    await spend(anew.taskId, { requests: 109, pages: 19, records: 2 * 25_668 });
    await expect(requireExplained(store.pool, anew)).rejects.toMatchObject({ code: 'BUDGET_EXCEEDED' });

    await emptyLedger(store.pool);
    await plantJob();
    const onward = await takenAgain('interrupted', before);
    await expect(requireExplained(store.pool, onward)).rejects.toMatchObject({ code: 'BUDGET_EXCEEDED' });
    await expect(requireFruit(store.pool, onward)).rejects.toMatchObject({ code: 'BUDGET_EXCEEDED' });
  });

  it.each([{ isTriggered: true }, { status: 'Sending' }])(
    'may bring any number of records while the counter of its job still grows: %o',
    async (changes) => {
      await plantJob(changes);
      const task = await partOf({ requests: 9, pages: 9, records: 25_668 });
      await expect(requireExplained(store.pool, task)).resolves.toBeUndefined();
    },
  );
});
