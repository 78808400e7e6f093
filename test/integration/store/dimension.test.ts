import { createColumnPage, type PageColumns } from '../../../src/columns/page.ts';
import { defineDimension } from '../../../src/dimensions/define-dimension.ts';
import { requestedProperties } from '../../../src/events/define-event.ts';
import { job } from '../../../src/dimensions/job.ts';
import { upsertDimension } from '../../../src/store/dimension.ts';
import { day, openStore, type Store } from '../../support/ledger.ts';

let store: Store;

beforeAll(async () => {
  store = await openStore();
});
afterEach(() => store.pool.query('truncate tracking.jobs, tracking.triggered_sends'));
afterAll(() => store.close());

function pageOf(...records: Readonly<Record<string, string>>[]): PageColumns {
  const page = createColumnPage(job, { accountId: 1, jobId: undefined });
  for (const record of records)
    page.append(requestedProperties(job).map((property) => record[property] ?? null));
  return page.finish();
}

const spring = { ID: '42', Subject: '  Spring sale      ', EmailName: 'Spring      ', NumberSent: '100' };

describe('a job', () => {
  it('is read without the padding that Marketing Cloud puts behind its texts, and keeps what stands before', async () => {
    await upsertDimension(store.pool, job, 1, pageOf(spring));
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
    await upsertDimension(store.pool, job, 1, pageOf(spring));
    await upsertDimension(store.pool, job, 1, pageOf({ ...spring, NumberSent: '120' }));
    const { rows } = await store.pool.query(
      'select number_sent, is_stub, last_event_at, is_triggered from tracking.jobs',
    );
    expect(rows).toEqual([{ number_sent: 120, is_stub: false, last_event_at: day(3), is_triggered: true }]);
  });

  it('that a page names twice is one row, and one of each account', async () => {
    await upsertDimension(store.pool, job, 1, pageOf(spring, spring));
    await upsertDimension(store.pool, job, 2, pageOf(spring));
    const { rows } = await store.pool.query('select account_id from tracking.jobs order by 1');
    expect(rows).toEqual([{ account_id: 1 }, { account_id: 2 }]);
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
      await upsertDimension(store.pool, link, 1, page.finish());
    };
    await read(['42', '1', 'shop'], ['42', '2', 'help'], ['43', '1', 'shop']);
    await read(['42', '2', 'support'], ['42', '2', 'support']);
    const { rows } = await store.pool.query<{ row: string }>(
      `select concat_ws(' ', job_id, url_id, alias) as row from tracking.links order by job_id, url_id`,
    );
    expect(rows.map(({ row }) => row)).toEqual(['42 1 shop', '42 2 support', '43 1 shop']);
  });
});
