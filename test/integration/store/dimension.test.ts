import { createColumnPage, type PageColumns } from '../../../src/columns/page.ts';
import { requestedProperties } from '../../../src/events/define-event.ts';
import { job } from '../../../src/dimensions/job.ts';
import { businessUnit } from '../../../src/dimensions/business-unit.ts';
import type { DimensionDefinition } from '../../../src/dimensions/define-dimension.ts';
import { link } from '../../../src/dimensions/link.ts';
import { triggeredSendSummary } from '../../../src/dimensions/triggered-send-summary.ts';
import { triggeredSend } from '../../../src/dimensions/triggered-send.ts';
import { type DimensionPage, writeDimensionPage } from '../../../src/store/dimension.ts';
import type { Queryable } from '../../../src/store/connection/pool.ts';
import { day, emptyLedger, openStore, plantTask, type Store, taskRow } from '../../support/stored/ledger.ts';

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
  database: Queryable = store.pool,
) {
  const taskId = changes.taskId ?? (await plantTask(store.pool, { dimension: definition.name, accountId }));
  return writeDimensionPage(database, {
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
  it('keeps one row for each key, with the latest reading', async () => {
    const read = async (...records: [job: string, link: string, alias: string][]) => {
      const page = createColumnPage(link, { accountId: 1, jobId: undefined });
      for (const [jobId, urlId, alias] of records) page.append(['1', jobId, urlId, null, alias, null, null]);
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

describe('a triggered send', () => {
  it('has its definition and its counters in one row, whichever is read first', async () => {
    const client = await store.pool.connect();
    const id = (last: number) => `00000000-0000-4000-8000-00000000000${last}`;
    const read = async (definition: DimensionDefinition, ...records: Readonly<Record<string, string>>[]) => {
      const page = createColumnPage(definition, { accountId: 1, jobId: undefined });
      for (const record of records)
        page.append(requestedProperties(definition).map((property) => record[property] ?? null));
      await write(definition, 1, page.finish(), {}, client);
    };
    try {
      await read(triggeredSend, { ObjectID: id(1), Name: 'Welcome' });
      await read(triggeredSendSummary, { ObjectID: id(1), Sent: '7' }, { ObjectID: id(2), Sent: '8' });
      await read(triggeredSend, { ObjectID: id(2), Name: 'Reset' });
    } finally {
      client.release();
    }
    const { rows } = await store.pool.query<{ row: string }>(
      `select concat_ws(' ', name, sent, counters_at is not null) as row from tracking.triggered_sends order by name`,
    );
    expect(rows.map(({ row }) => row)).toEqual(['Reset 8 t', 'Welcome 7 t']);
  });
});

describe('business units', () => {
  it('that the account above reads are rows of their own; the topmost has none above', async () => {
    const page = createColumnPage(businessUnit, { accountId: 1, jobId: undefined });
    for (const [id, name, parent] of [
      ['1', 'Example', '0'],
      ['2', 'Example North', '1'],
    ] as const)
      page.append([id, id, name, parent]);
    await write(businessUnit, 1, page.finish());
    const { rows } = await store.pool.query(
      'select account_id, name, parent_id from tracking.business_units order by account_id',
    );
    expect(rows).toEqual([
      { account_id: 1, name: 'Example', parent_id: null },
      { account_id: 2, name: 'Example North', parent_id: 1 },
    ]);
  });
});

describe('the history of counters', () => {
  /** The history as (job, days before today, mails sent). */
  async function history(): Promise<string[]> {
    const { rows } = await store.pool.query<{ row: string }>(
      `select concat_ws(' ', job_id, (now() at time zone 'utc')::date - day, number_sent) as row
       from tracking.job_counter_days order by job_id, day`,
    );
    return rows.map(({ row }) => row);
  }
  /** As if what was kept so far had been kept on earlier days. */
  const passDays = (days: number) =>
    store.pool.query('update tracking.job_counter_days set day = day - $1::int', [days]);

  it('has one row for each day on which they moved, as they stood at its end', async () => {
    await write(job, 1, pageOf(spring));
    expect(await history()).toEqual(['42 0 100']);
    await passDays(3);
    await write(job, 1, pageOf(spring));
    expect(await history()).toEqual(['42 3 100']);
    await write(job, 1, pageOf({ ...spring, NumberSent: '120' }));
    await write(job, 1, pageOf({ ...spring, NumberSent: '130' }, { ID: '43', NumberSent: '7' }));
    expect(await history()).toEqual(['42 3 100', '42 0 130', '43 0 7']);
  });

  it('has no row for a job without counters, nor from an owner that lost the task', async () => {
    await write(job, 1, pageOf({ ID: '44' }));
    const taskId = await plantTask(store.pool, { dimension: 'job', state: 'running' });
    await write(job, 1, pageOf(spring), { taskId, fence: 7 });
    expect(await history()).toEqual([]);
  });
});
