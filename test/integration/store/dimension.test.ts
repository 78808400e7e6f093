import { createColumnPage, type PageColumns } from '../../../src/columns/page.ts';
import { requestedProperties } from '../../../src/events/define-event.ts';
import { job } from '../../../src/dimensions/job.ts';
import { defineDimension, type DimensionDefinition } from '../../../src/dimensions/define-dimension.ts';
import { type DimensionPage, writeDimensionPage } from '../../../src/store/dimension.ts';
import { day, emptyLedger, openStore, plantTask, type Store, taskRow } from '../../support/ledger.ts';

let store: Store;

beforeAll(async () => {
  store = await openStore();
});
afterEach(() => emptyLedger(store.pool));
afterAll(() => store.close());

function pageOf(...records: Readonly<Record<string, string>>[]): PageColumns {
  const page = createColumnPage(job, { accountId: 1, jobId: undefined });
  for (const record of records)
    page.append(requestedProperties(job).map((property) => record[property] ?? null));
  return page.finish();
}

async function write(
  definition: DimensionDefinition,
  accountId: number,
  page: PageColumns,
  changes: Partial<DimensionPage> = {},
) {
  const taskId = changes.taskId ?? (await plantTask(store.pool, { dimension: definition.name, accountId }));
  return writeDimensionPage(store.pool, {
    ...{ definition, page, accountId, taskId, fence: 0, requestId: 'r-1', isLast: true },
    ...{ newlyRejectedCount: 0, requestCount: 1, ...changes },
  });
}

const spring = { ID: '42', Subject: '  Spring sale      ', EmailName: 'Spring      ', NumberSent: '100' };

describe('a job', () => {
  it('is read without the padding that Marketing Cloud puts behind its texts, and keeps what stands before', async () => {
    await write(job, 1, pageOf(spring));
    const { rows } = await store.pool.query(
      'select subject, email_name, number_sent, is_stub from tracking.jobs',
    );
    expect(rows).toEqual([
      { subject: '  Spring sale', email_name: 'Spring', number_sent: 100, is_stub: false },
    ]);
  });

  it('shows the latest reading, also of a stub that an event had made, and keeps what events told', async () => {
    await store.pool.query(
      `insert into tracking.jobs (account_id, job_id, is_stub, last_event_at, is_triggered) values (1, 42, true, $1, true)`,
      [day(3)],
    );
    await write(job, 1, pageOf(spring));
    await write(job, 1, pageOf({ ...spring, NumberSent: '120' }));
    const { rows } = await store.pool.query(
      'select number_sent, is_stub, last_event_at, is_triggered from tracking.jobs',
    );
    expect(rows).toEqual([{ number_sent: 120, is_stub: false, last_event_at: day(3), is_triggered: true }]);
  });

  it('that a page names twice is one row, and one of each account', async () => {
    await write(job, 1, pageOf(spring, spring));
    await write(job, 2, pageOf(spring));
    const { rows } = await store.pool.query('select account_id from tracking.jobs order by 1');
    expect(rows).toEqual([{ account_id: 1 }, { account_id: 2 }]);
  });
});

describe('the page of a dimension', () => {
  it('is written together with the progress of its task', async () => {
    const taskId = await plantTask(store.pool, { dimension: 'job', state: 'running' });
    const first = { taskId, requestId: 'r-1', isLast: false, newlyRejectedCount: 2 };
    const last = { taskId, requestId: 'r-2', isLast: true, requestCount: 3 };
    expect(await write(job, 1, pageOf(spring, { ID: '43' }), first)).toEqual({
      progressed: true,
      insertedCount: 2,
    });
    expect(await write(job, 1, pageOf(spring, { ID: '44' }), last)).toEqual({
      progressed: true,
      insertedCount: 1,
    });
    expect(await taskRow(store.pool, taskId)).toMatchObject({
      ...{ state: 'done', request_id: 'r-2', pages: 2, records: 4, inserted: 3, rejected: 2, requests: 4 },
    });
    expect((await taskRow(store.pool, taskId))['settled_at']).not.toBeNull();
  });

  it('settles its task also where it has no record', async () => {
    const taskId = await plantTask(store.pool, { dimension: 'job', state: 'running' });
    expect(await write(job, 1, pageOf(), { taskId, isLast: true })).toEqual({
      progressed: true,
      insertedCount: 0,
    });
    expect(await taskRow(store.pool, taskId)).toMatchObject({ state: 'done', pages: 1 });
  });

  it('of an owner that lost the task writes nothing', async () => {
    const taskId = await plantTask(store.pool, { dimension: 'job', state: 'running' });
    const stale = { taskId, fence: 7, isLast: true };
    expect(await write(job, 1, pageOf(spring), stale)).toEqual({ progressed: false, insertedCount: 0 });
    expect(await taskRow(store.pool, taskId)).toMatchObject({ state: 'running', pages: 0 });
    expect((await store.pool.query('select from tracking.jobs')).rowCount).toBe(0);
  });
});

describe('a dimension with a key of several columns', () => {
  const link = defineDimension({
    name: 'link',
    objectType: 'LinkSend',
    table: 'links',
    columns: {
      job_id: { property: 'SendID', kind: 'integer' },
      url_id: { property: 'Link.ID', kind: 'integer' },
      alias: { property: 'Link.Alias', kind: 'text', optional: true },
    },
    key: ['job_id', 'url_id'],
    trimmed: [],
    setOnUpsert: { counters_at: 'now()' },
    filters: { jobIds: 'SendID' },
  });

  it('keeps one row for each key, with the latest reading', async () => {
    const read = async (...records: [job: string, link: string, alias: string][]) => {
      const page = createColumnPage(link, { accountId: 1, jobId: undefined });
      for (const record of records) page.append(['1', ...record]);
      await write(link, 1, page.finish());
    };
    await read(['42', '1', 'shop'], ['42', '2', 'help'], ['43', '1', 'shop']);
    await read(['42', '2', 'support'], ['42', '2', 'support']);
    const { rows } = await store.pool.query<{ row: string }>(
      `select concat_ws(' ', job_id, url_id, alias) as row from tracking.links order by job_id, url_id`,
    );
    expect(rows.map(({ row }) => row)).toEqual(['42 1 shop', '42 2 support', '43 1 shop']);
  });
});
