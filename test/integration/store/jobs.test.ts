import { createColumnPage, type PageColumns } from '../../../src/columns/page.ts';
import { requestedProperties } from '../../../src/events/define-event.ts';
import { send } from '../../../src/dimensions/job.ts';
import { type Dimension, upsertDimension } from '../../../src/store/jobs.ts';
import { day, openStore, type Store } from '../../support/ledger.ts';

const jobs: Dimension = {
  definition: send,
  key: 'job_id',
  trimmed: ['email_name', 'subject'],
  setOnUpsert: { counters_at: 'now()', is_stub: 'false' },
};
let store: Store;

beforeAll(async () => {
  store = await openStore();
});
afterEach(() => store.pool.query('truncate tracking.jobs, tracking.triggered_sends'));
afterAll(() => store.close());

function pageOf(...records: Readonly<Record<string, string>>[]): PageColumns {
  const page = createColumnPage(send, { accountId: 1, jobId: undefined });
  for (const record of records)
    page.append(requestedProperties(send).map((property) => record[property] ?? null));
  return page.finish();
}

const spring = { ID: '42', Subject: '  Spring sale      ', EmailName: 'Spring      ', NumberSent: '100' };

describe('a job', () => {
  it('is read without the padding that Marketing Cloud puts behind its texts, and keeps what stands before', async () => {
    await upsertDimension(store.pool, jobs, 1, pageOf(spring));
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
    await upsertDimension(store.pool, jobs, 1, pageOf(spring));
    await upsertDimension(store.pool, jobs, 1, pageOf({ ...spring, NumberSent: '120' }));
    const { rows } = await store.pool.query(
      'select number_sent, is_stub, last_event_at, is_triggered from tracking.jobs',
    );
    expect(rows).toEqual([{ number_sent: 120, is_stub: false, last_event_at: day(3), is_triggered: true }]);
  });

  it('that a page names twice is one row, and one of each account', async () => {
    await upsertDimension(store.pool, jobs, 1, pageOf(spring, spring));
    await upsertDimension(store.pool, jobs, 2, pageOf(spring));
    const { rows } = await store.pool.query('select account_id from tracking.jobs order by 1');
    expect(rows).toEqual([{ account_id: 1 }, { account_id: 2 }]);
  });
});
