import { createColumnPage, type PageColumns } from '../../../../src/columns/page.ts';
import { requestedProperties } from '../../../../src/events/define-event.ts';
import { open } from '../../../../src/events/open.ts';
import { conflictsMax } from '../../../../src/pipeline/extraction/commit-page.ts';
import { OrderedCommits } from '../../../../src/pipeline/extraction/ordered-commits.ts';
import { openPrivacy, type Privacy } from '../../../../src/pipeline/privacy.ts';
import { inTransaction } from '../../../../src/store/connection/pool.ts';
import { createEventLoader, type EventLoader } from '../../../../src/store/load/event-loader.ts';
import { createPartitionKeeper } from '../../../../src/store/load/partitions.ts';
import {
  emptyLedger,
  openStore,
  pageInTask,
  plantTask,
  type Store,
  taskRow,
} from '../../../support/stored/ledger.ts';
import { untilWaiting } from '../../../support/stored/lock-waits.ts';

const accountId = 7000001;
const jobId = 42;
let store: Store;
let privacy: Privacy;
let taskId: number;

beforeAll(async () => {
  store = await openStore();
  privacy = await openPrivacy(store.pool, undefined);
});
beforeEach(async () => {
  await emptyLedger(store.pool);
  await store.pool.query('truncate tracking.open_events');
  taskId = await plantTask(store.pool, { accountId, jobId, eventType: 'open' });
  await store.pool.query(`update pipeline.extract_tasks set state = 'running', fence = 1 where id = $1`, [
    taskId,
  ]);
});
afterAll(() => store.close());

/** Pages of 600 rows are copied, smaller ones are not. */
function pageOf(number: number, rows: number, person = `${number}`): PageColumns {
  const page = createColumnPage(open, { accountId, jobId });
  for (let row = 0; row < rows; row += 1) {
    const values: Record<string, string> = {
      ...{ 'Client.ID': String(accountId), EventDate: '2024-07-01T10:00:00', SendID: String(jobId) },
      ...{ BatchID: '1', SubscriberKey: `${person}/${row}` },
    };
    page.append(requestedProperties(open).map((property) => values[property] ?? null));
  }
  return page.finish();
}

function start({ loader = createEventLoader(), conflictsLeft = conflictsMax }: Partial<Start> = {}) {
  const task = { taskId, fence: 1, accountId, origin: 'sync' as const };
  const rules = { mergesFiles: false, privacyVersion: 0 };
  const commits = new OrderedCommits({ conflictsLeft, rules });
  const deps = { ...store, loader, partitions: createPartitionKeeper(store), privacy, now: () => new Date() };
  return (number: number, rows: number, person?: string) => {
    const page = { definition: open, columns: pageOf(number, rows, person), requestId: `request ${number}` };
    const committed = commits.commit(pageInTask(page, task), deps);
    committed.catch(() => undefined);
    return committed;
  };
}

interface Start {
  readonly loader: EventLoader;
  /** Zero: rows are looked for before they are inserted, and no page is copied. */
  readonly conflictsLeft: number;
}

async function events(): Promise<number> {
  const { rows } = await store.pool.query<{ count: number }>('select count(*) from tracking.open_events');
  return rows[0]?.count ?? Number.NaN;
}

describe.each([600, 5])('pages of %i rows', (rows) => {
  it.each([conflictsMax, 0])(
    'are both in Postgres before the first is committed, and are committed in their order',
    async (conflictsLeft) => {
      const commit = start({ conflictsLeft });
      await commit(1, rows);
      const settled: number[] = [];
      const [second, third] = await inTransaction(store.pool, async (tx) => {
        await tx.query('select from pipeline.extract_tasks where id = $1 for update', [taskId]);
        const both = [2, 3].map((number) => commit(number, rows).then(() => settled.push(number)));
        await untilWaiting(store.pool, 2);
        return both;
      });
      await Promise.all([second, third]);

      expect(settled).toEqual([2, 3]);
      expect(await taskRow(store.pool, taskId)).toMatchObject({
        pages: 3,
        request_id: 'request 3',
        records: 3 * rows,
        inserted: 3 * rows,
      });
      expect(await events()).toBe(3 * rows);
    },
  );

  it('are written in their order where the second reaches Postgres first', async () => {
    const loader = createEventLoader();
    const reached = Promise.withResolvers<undefined>();
    const held = async <Result>(requestId: string | null, load: () => Promise<Result>): Promise<Result> => {
      if (requestId === 'request 2') await reached.promise;
      const loaded = await load();
      if (requestId === 'request 3') reached.resolve(undefined);
      return loaded;
    };
    const commit = start({
      loader: {
        loadPage: (client, page, isInsertOnly) =>
          held(page.requestId, () => loader.loadPage(client, page, isInsertOnly)),
        copyPage: (page, on) => held(page.requestId, () => loader.copyPage(page, on)),
        settleEmpty: (pool, page) => held(page.requestId, () => loader.settleEmpty(pool, page)),
      },
    });
    await commit(1, rows);
    expect(await Promise.all([commit(2, rows), commit(3, rows)])).toEqual([rows, rows]);

    expect(await taskRow(store.pool, taskId)).toMatchObject({ pages: 3, request_id: 'request 3' });
    expect(await events()).toBe(3 * rows);
  });

  it('end with the first one that cannot be written: what follows it is not', async () => {
    const commit = start();
    await commit(1, rows);
    await store.pool.query(`
      create function refuse() returns trigger language plpgsql as $$
        begin if new.subscriber_key like '2/%' then raise exception 'disk full'; end if; return new; end $$;
      create trigger refuse before insert on tracking.open_events for each row execute function refuse()`);
    try {
      const [second, third] = await Promise.allSettled([commit(2, rows), commit(3, rows)]);
      expect(second).toMatchObject({ status: 'rejected' });
      expect(third).toEqual(second);
    } finally {
      await store.pool.query('drop trigger refuse on tracking.open_events; drop function refuse');
    }
    expect(await taskRow(store.pool, taskId)).toMatchObject({ pages: 1, request_id: 'request 1' });
    expect(await events()).toBe(rows);
  });

  it('count each row once where the second page has rows of the first', async () => {
    const commit = start();
    await commit(1, rows);
    const counts = await Promise.all([commit(2, rows, '1'), commit(3, rows), commit(4, rows, '3')]);

    expect(counts).toEqual([0, rows, 0]);
    expect(await taskRow(store.pool, taskId)).toMatchObject({
      pages: 4,
      request_id: 'request 4',
      inserted: 2 * rows,
    });
    expect(await events()).toBe(2 * rows);
  });

  it('are not written once another owner has the task', async () => {
    const commit = start();
    await commit(1, rows);
    await store.pool.query('update pipeline.extract_tasks set fence = 2 where id = $1', [taskId]);
    for (const outcome of await Promise.allSettled([commit(2, rows), commit(3, rows)]))
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'OWNERSHIP_LOST' } });
    expect(await events()).toBe(rows);
  });
});
