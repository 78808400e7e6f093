import { createColumnPage, type PageColumns } from '../../../../src/columns/page.ts';
import { open } from '../../../../src/events/open.ts';
import { createEventLoader } from '../../../../src/store/load/event-loader.ts';
import type { Finish } from '../../../../src/store/load/page-to-commit.ts';
import { createPartitionKeeper } from '../../../../src/store/load/partitions.ts';
import { inTransaction, type Queryable } from '../../../../src/store/connection/pool.ts';
import { takeTasks } from '../../../../src/store/ledger/task-ledger.ts';
import {
  day,
  emptyLedger,
  openStore,
  pageInTask,
  plantTask,
  type Store,
  taskRow,
} from '../../../support/stored/ledger.ts';

const accountId = 1;
const jobId = 42;
const loader = createEventLoader();
let store: Store;

beforeAll(async () => {
  store = await openStore();
  const inMicros = (instant: Date) => instant.getTime() * 1000;
  const keeper = createPartitionKeeper({ pool: store.pool });
  await keeper.ensureMonths(open.table, inMicros(day(0)), inMicros(day(3)));
});
afterEach(async () => {
  await emptyLedger(store.pool);
  await store.pool.query('truncate tracking.open_events');
});
afterAll(() => store.close());

/** That many opens, a second apart, in the planted task's window. */
function pageOf(count: number): PageColumns {
  const page = createColumnPage(open, { accountId, jobId });
  for (let index = 0; index < count; index += 1) {
    const central = new Date(day(1).getTime() + index * 1000).toISOString().slice(0, -1);
    page.append([String(accountId), central, String(jobId), '1', null, `key-${index}`]);
  }
  return page.finish();
}

async function takenTask(): Promise<number> {
  const taskId = await plantTask(store.pool, { accountId, jobId });
  await takeTasks(store.pool, [{ taskId, queueJobId: '7b0c2f6e-3c25-4c5a-9d0e-0d6f3c1a0001' }], 7);
  return taskId;
}

function load(
  client: Queryable,
  count: number,
  { taskId, fence = 1, finish = 'window' }: { taskId: number; fence?: number; finish?: Finish },
) {
  const page = pageInTask(
    { definition: open, columns: pageOf(count), finish },
    { taskId, fence, accountId, jobId },
  );
  return loader.loadPage(client, page, true);
}

async function count(table: string): Promise<number> {
  const { rowCount } = await store.pool.query(`select from ${table}`);
  return rowCount ?? 0;
}

describe('the last page of a window that is one task', () => {
  it.each([
    ['with rows', 3],
    ['without a row', 0],
  ])('settles window, checkpoint and job with it: %s', async (_, rows) => {
    const taskId = await takenTask();
    const loaded = await load(store.pool, rows, { taskId });

    expect(loaded).toEqual({ pages: 1, insertedCount: rows });
    expect(await taskRow(store.pool, taskId)).toMatchObject({ state: 'done', pages: 1, inserted: rows });
    const { rows: checkpoints } = await store.pool.query('select * from pipeline.checkpoints');
    expect(checkpoints).toMatchObject([
      { job_id: jobId, event_type: 'open', watermark: day(2), covered_to: day(2), request_id: 'request-1' },
    ]);
    // A job without an event is nobody's news.
    expect(await count('tracking.jobs')).toBe(rows === 0 ? 0 : 1);
  });

  it.each([
    ['with rows', 3],
    ['without a row', 0],
  ])('writes nothing at all when the fence is lost: %s', async (_, rows) => {
    const taskId = await takenTask();
    const before = await taskRow(store.pool, taskId);

    const loaded = await load(store.pool, rows, { taskId, fence: 7 });

    expect(loaded).toEqual({ pages: undefined, insertedCount: 0 });
    expect(await taskRow(store.pool, taskId)).toEqual(before);
    const tables = ['tracking.open_events', 'pipeline.checkpoints', 'tracking.jobs'];
    expect(await Promise.all(tables.map(count))).toEqual([0, 0, 0]);
  });

  it.each<[string, Finish, string]>([
    ['it does not wait for the disk', 'window', 'off'],
    ['a page in the middle of a window does', 'nothing', 'on'],
    ['so does the last page of a part', 'task', 'on'],
  ])('commits as nothing or something builds on it: %s', async (_, finish, expected) => {
    const taskId = await takenTask();
    const setting = await inTransaction(store.pool, async (tx) => {
      await tx.query('set local synchronous_commit = on');
      await load(tx, 1, { taskId, finish });
      const { rows } = await tx.query<{ value: string }>(
        `select current_setting('synchronous_commit') as value`,
      );
      return rows[0]?.value;
    });
    expect(setting).toBe(expected);
  });
});
