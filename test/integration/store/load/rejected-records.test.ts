import { createHash } from 'node:crypto';
import type pg from 'pg';
import { createPool, inTransaction } from '../../../../src/store/connection/pool.ts';
import { keepRejected } from '../../../../src/store/load/rejected-records.ts';
import { createTestDatabase, type TestDatabase } from '../../../support/postgres/database.ts';

let database: TestDatabase;
let pool: pg.Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ databaseUrl: database.url, connectionsMax: 4, applicationName: 'test' });
});
afterEach(async () => {
  await pool.query('truncate pipeline.rejected_records');
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const batch = { accountId: 7000001, jobId: 42, eventType: 'open', runId: 3 };

async function kept(): Promise<unknown[]> {
  const { rows } = await pool.query<Record<string, unknown>>(
    `select record, reason, times_seen, run_id, job_id, encode(record_digest, 'hex') as digest
     from pipeline.rejected_records order by id`,
  );
  return rows;
}

describe('records that cannot be read', () => {
  it('are one row each however often they are read, within a page and over pages', async () => {
    const records = ['<a/>', '<b/>', '<a/>'].map((xml) => ({ reason: 'EventDate is missing', xml }));

    expect(await keepRejected(pool, { ...batch, records })).toBe(2);
    expect(await keepRejected(pool, { ...batch, runId: 4, records: records.slice(0, 2) })).toBe(0);
    expect(
      await keepRejected(pool, { ...batch, records: [{ reason: 'EventDate is missing', xml: '<c/>' }] }),
    ).toBe(1);

    const rows = await kept();
    expect(rows).toHaveLength(3);
    expect(rows).toContainEqual({
      record: '<a/>',
      reason: 'EventDate is missing',
      times_seen: 3,
      run_id: 3,
      job_id: 42,
      digest: createHash('sha256').update('<a/>').digest('hex'),
    });
  });

  it('are distinguished by account and event type', async () => {
    const records = [{ reason: 'x', xml: '<a/>' }];

    expect(await keepRejected(pool, { ...batch, records })).toBe(1);
    expect(await keepRejected(pool, { ...batch, eventType: 'click', records })).toBe(1);
    expect(
      await keepRejected(pool, { ...batch, accountId: 7000002, jobId: null, runId: null, records }),
    ).toBe(1);
  });

  it('are kept with a visible mark where Postgres cannot store a character', async () => {
    await keepRejected(pool, {
      ...batch,
      records: [{ reason: 'U+0000', xml: '<a>\u0000\ud83d "\\ 🎉</a>' }],
    });

    expect(await kept()).toMatchObject([{ record: '<a>\ufffd\ufffd "\\ 🎉</a>' }]);
  });

  it('do not deadlock when two pages hold the same ones in another order', async () => {
    const records = Array.from({ length: 300 }, (_, index) => ({ reason: 'x', xml: `<r>${index}</r>` }));
    const orders = [records, [...records].reverse(), records, [...records].reverse()];
    const counts = await Promise.all(
      orders.map((order) => inTransaction(pool, (tx) => keepRejected(tx, { ...batch, records: order }))),
    );

    expect(counts.reduce((sum, count) => sum + count)).toBe(300);
    expect(await kept()).toHaveLength(300);
  });

  it('are nothing to do when there are none, and leave with their page', async () => {
    expect(await keepRejected(pool, { ...batch, records: [] })).toBe(0);
    await inTransaction(pool, async (tx) => {
      await keepRejected(tx, { ...batch, records: [{ reason: 'x', xml: '<a/>' }] });
      throw new Error('the page failed');
    }).catch(() => undefined);

    expect(await kept()).toEqual([]);
  });
});
