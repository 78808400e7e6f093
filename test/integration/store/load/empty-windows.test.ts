import { createColumnPage } from '../../../../src/columns/page.ts';
import { open } from '../../../../src/events/open.ts';
import { createPool, inTransaction } from '../../../../src/store/connection/pool.ts';
import { takeTasks } from '../../../../src/store/ledger/task-ledger.ts';
import { EmptyWindows, isEmptyWindow } from '../../../../src/store/load/empty-windows.ts';
import { createEventLoader } from '../../../../src/store/load/event-loader.ts';
import type { PageToCommit } from '../../../../src/store/load/page-to-commit.ts';
import {
  day,
  emptyLedger,
  openStore,
  pageInTask,
  type PlantedTask,
  plantTask,
  type Store,
  taskRow,
} from '../../../support/stored/ledger.ts';

const accountId = 1;
const loader = createEventLoader();
let emptyWindows: EmptyWindows;
let store: Store;

beforeAll(async () => {
  store = await openStore();
});
beforeEach(() => {
  emptyWindows = new EmptyWindows();
});
afterEach(() => emptyLedger(store.pool));
afterAll(() => store.close());

/** A taken window of a job, and the only page of it, in which nothing was found. */
async function emptyPage(
  jobId: number,
  planted: PlantedTask = {},
  page: Partial<PageToCommit> = {},
): Promise<PageToCommit> {
  const taskId = await plantTask(store.pool, { accountId, jobId, ...planted });
  await takeTasks(store.pool, [{ taskId, queueJobId: '7b0c2f6e-3c25-4c5a-9d0e-0d6f3c1a0001' }], 7);
  const columns = createColumnPage(open, { accountId, jobId }).finish();
  return pageInTask(
    { definition: open, columns, finish: 'window', requestId: `request of ${taskId}`, ...page },
    { taskId, fence: 1, accountId, jobId },
  );
}

function settleAll(...pages: PageToCommit[]): Promise<(number | undefined)[]> {
  return Promise.all(pages.map((page) => emptyWindows.settle(store.pool, page)));
}

/** All that Postgres has of a window and its checkpoint, but for numbers and instants that differ each time. */
async function traces({ task: { taskId, jobId } }: PageToCommit): Promise<unknown> {
  const { rows } = await store.pool.query(
    `select to_jsonb(task) - array['id', 'root_id', 'job_id', 'request_id', 'created_at', 'updated_at', 'started_at',
                                   'settled_at', 'finished_at'] as task,
            task.settled_at = task.updated_at and task.finished_at = task.updated_at as is_settled,
            to_jsonb(mark) - array['job_id', 'request_id', 'updated_at', 'asked_at', 'full_read_at'] as mark,
            mark.request_id = 'request of ' || task.id as has_request,
            mark.asked_at = task.updated_at as is_asked, mark.full_read_at = task.created_at as is_read_in_full,
            (select count(*) from tracking.jobs as job where job.job_id = task.job_id) as jobs
     from pipeline.extract_tasks as task left join pipeline.checkpoints as mark using (account_id, job_id, event_type)
     where task.id = $1 and task.job_id = $2`,
    [taskId, jobId],
  );
  return rows;
}

async function plantCheckpoint(jobId: number, columns: Readonly<Record<string, Date>>): Promise<void> {
  const names = Object.keys(columns);
  await store.pool.query(
    `insert into pipeline.checkpoints (account_id, job_id, event_type, ${names.join(', ')})
     values (${accountId}, ${jobId}, 'open', ${names.map((_, index) => `$${index + 1}`).join(', ')})`,
    Object.values(columns),
  );
}

interface World {
  readonly name: string;
  readonly plant?: (jobId: number) => Promise<unknown>;
  readonly window?: PlantedTask;
  readonly page?: Partial<PageToCommit>;
}

const worlds: readonly World[] = [
  { name: 'of a job that was never read' },
  { name: 'without a RequestID, after two requests', page: { requestId: null, requestCount: 2 } },
  { name: 'of a full re-read', window: { isFullRead: true } },
  {
    name: 'after a parked one',
    plant: (jobId) => plantTask(store.pool, { jobId, state: 'parked', from: day(0), to: day(1) }),
  },
  {
    name: 'of a job that was read further',
    plant: (jobId) => plantCheckpoint(jobId, { watermark: day(5), covered_from: day(0), covered_to: day(5) }),
  },
  {
    name: 'of a job that the tail has read from before it',
    plant: (jobId) =>
      plantCheckpoint(jobId, {
        watermark: day(1),
        covered_to: day(3),
        covered_from: day(0),
        tail_from: day(1),
      }),
  },
];

it.each(worlds)(
  'a window $name is settled as its own page would settle it',
  async ({ plant, window, page }) => {
    await plant?.(1);
    await plant?.(2);
    const alone = await emptyPage(1, window, page);
    const together = await emptyPage(2, window, page);
    await loader.loadPage(store.pool, alone, true);

    expect(await settleAll(together, await emptyPage(3))).toEqual([1, 1]);

    expect(await traces(together)).toEqual(await traces(alone));
  },
);

it('windows of many checkpoints are settled by one statement', async () => {
  const pages = await Promise.all(Array.from({ length: 25 }, (_, job) => emptyPage(job + 1)));
  expect(await settleAll(...pages)).toEqual(pages.map(() => 1));
  const { rows } = await store.pool.query(
    'select count(*) as checkpoints, count(distinct xmin::text) as transactions from pipeline.checkpoints',
  );
  expect(rows).toEqual([{ checkpoints: 25, transactions: 1 }]);
});

it('windows of one checkpoint, which were parked before, are settled one after another', async () => {
  const pages: PageToCommit[] = [];
  for (const days of [2, 1, 3]) {
    pages.push(await emptyPage(1, { from: day(days), to: day(days + 1) }));
    await store.pool.query('update pipeline.extract_tasks set parked_at = now()');
  }
  expect(await settleAll(...pages)).toEqual([1, 1, 1]);
  const { rows } = await store.pool.query(
    'select watermark, covered_from, covered_to from pipeline.checkpoints',
  );
  expect(rows).toEqual([{ watermark: day(4), covered_from: day(1), covered_to: day(4) }]);
});

it.each<[string, (page: PageToCommit) => Promise<unknown>]>([
  [
    'which another process has taken since',
    ({ task }) =>
      store.pool.query('update pipeline.extract_tasks set fence = 2 where id = $1', [task.taskId]),
  ],
  [
    'whose events came by a file since',
    ({ task }) =>
      store.pool.query('update pipeline.extract_tasks set merges_files = true where id = $1', [task.taskId]),
  ],
  [
    'since which a person was forgotten',
    ({ task }) =>
      store.pool.query('update pipeline.extract_tasks set privacy_version = 9 where id = $1', [task.taskId]),
  ],
  [
    'which has met an event',
    ({ task }) =>
      store.pool.query('update pipeline.extract_tasks set last_event_at = now() where id = $1', [
        task.taskId,
      ]),
  ],
])('a window %s is left as it is, and the others are settled', async (_, change) => {
  const [one, left, other] = [await emptyPage(1), await emptyPage(2), await emptyPage(3)];
  await change(left);
  const before = await taskRow(store.pool, left.task.taskId);

  expect(await settleAll(one, left, other)).toEqual([1, undefined, 1]);

  expect(await taskRow(store.pool, left.task.taskId)).toEqual(before);
  const { rows } = await store.pool.query('select job_id from pipeline.checkpoints order by job_id');
  expect(rows).toEqual([{ job_id: 1 }, { job_id: 3 }]);
});

it('a window whose row another transaction holds keeps none waiting', async () => {
  const [one, held] = [await emptyPage(1), await emptyPage(2)];
  await inTransaction(store.pool, async (tx) => {
    await tx.query('select from pipeline.extract_tasks where id = $1 for update', [held.task.taskId]);
    expect(await settleAll(one, held)).toEqual([1, undefined]);
  });
  expect(await taskRow(store.pool, held.task.taskId)).toMatchObject({ state: 'running', pages: 0 });
});

it('windows are left as they are where Postgres refuses one of them', async () => {
  const [one, other] = [await emptyPage(1), await emptyPage(2)];
  await store.pool.query(`
    create function refuse() returns trigger language plpgsql as $$
      begin if new.job_id = 2 then raise exception 'not this one'; end if; return new; end $$;
    create trigger refuse before insert on pipeline.checkpoints for each row execute function refuse()`);
  try {
    expect(await settleAll(one, other)).toEqual([undefined, undefined]);
  } finally {
    await store.pool.query('drop trigger refuse on pipeline.checkpoints; drop function refuse');
  }
  expect(await taskRow(store.pool, one.task.taskId)).toMatchObject({ state: 'running', pages: 0 });
  expect(await settleAll(one, other)).toEqual([1, 1]);
});

it('a connection that fails is the failure of every window of the statement, and of no later one', async () => {
  const pages = [await emptyPage(1), await emptyPage(2)];
  const lost = createPool({ databaseUrl: store.url, connectionsMax: 1, applicationName: 'test' });
  await lost.end();
  const ends = await Promise.allSettled(pages.map((page) => emptyWindows.settle(lost, page)));
  expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await settleAll(...pages)).toEqual([1, 1]);
});

it.each<[string, boolean, Partial<PageToCommit>]>([
  ['the last page of a window without a record', true, {}],
  ['a page before the last', false, { finish: 'nothing' }],
  ['the last page of a part', false, { finish: 'task' }],
  ['a page that is sent while the one before is committed', false, { pagesAhead: 1 }],
  ['a page among events of files', false, { mergesFiles: true }],
  ['a page that had a record of a forgotten person', false, { keptOut: 1 }],
  [
    'a page with a record that could not be read',
    false,
    { rejected: [{ reason: 'no date', xml: '<Results/>' }] },
  ],
])('an empty window is %s: %s', async (_, expected, page) => {
  expect(isEmptyWindow(await emptyPage(1, {}, page))).toBe(expected);
});
