import type pg from 'pg';
import { createColumnPage } from '../../../../src/columns/page.ts';
import { open } from '../../../../src/events/open.ts';
import { createPartitionKeeper, isMissingMonth } from '../../../../src/store/load/partitions.ts';
import { inTransaction } from '../../../../src/store/connection/pool.ts';
import { createTestDatabase, type TestDatabase } from '../../../support/postgres/database.ts';
import { createTestPool } from '../../../support/postgres/test-pool.ts';

let database: TestDatabase;
let pool: pg.Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createTestPool(database.url, 8);
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

function micros(text: string): number {
  return Date.parse(text) * 1000;
}

async function monthsOf(table: string): Promise<string[]> {
  const { rows } = await pool.query<{ month: string }>(
    `select inhrelid::regclass::text || ' ' || pg_get_expr(relpartbound, pg_class.oid) as month
     from pg_inherits join pg_class on pg_class.oid = inhrelid
     where inhparent = $1::regclass and relkind = 'r' order by 1`,
    [`tracking.${table}`],
  );
  return rows.map((row) => row.month);
}

async function insertOpen(client: Pick<pg.ClientBase, 'query'>, occurredAt: string): Promise<void> {
  await client.query(
    `insert into tracking.open_events (account_id, occurred_at, job_id, subscriber_key) values (1, $1, 1, 'a')`,
    [occurredAt],
  );
}

describe('months of an event table', () => {
  it('are made in UTC for a page that crosses a year’s end, bounds half-open', async () => {
    const keeper = createPartitionKeeper({ pool });
    await keeper.ensureMonths(
      'open_events',
      micros('2023-12-31T23:59:59.999Z'),
      micros('2024-01-01T00:00:00Z'),
    );

    expect(await monthsOf('open_events')).toEqual([
      `tracking.open_events_y2023m12 FOR VALUES FROM ('2023-12-01 00:00:00+00') TO ('2024-01-01 00:00:00+00')`,
      `tracking.open_events_y2024m01 FOR VALUES FROM ('2024-01-01 00:00:00+00') TO ('2024-02-01 00:00:00+00')`,
    ]);
  });

  it('are made for a page with a stray date without those in between', async () => {
    const keeper = createPartitionKeeper({ pool });
    const page = createColumnPage(open, { accountId: undefined, jobId: 1 });
    for (const date of ['2004-02-29T12:00:00', '2019-01-31T18:00:00', '2019-01-31T17:59:59'])
      page.append([null, date, '1', null, null, null]);

    await keeper.ensureMonthsOf('forward_events', page.finish());
    await keeper.ensureMonthsOf(
      'forward_events',
      createColumnPage(open, { accountId: 1, jobId: 1 }).finish(),
    );

    expect((await monthsOf('forward_events')).map((month) => month.split(' ')[0])).toEqual(
      ['y2004m02', 'y2019m01', 'y2019m02'].map((month) => `tracking.forward_events_${month}`),
    );
  });

  it('hold one event once, and are ready two months ahead', async () => {
    const keeper = createPartitionKeeper({ pool });
    await keeper.ensureAhead(['sent_events', 'click_events'], new Date('2024-11-30T12:00:00Z'));

    expect((await monthsOf('sent_events')).map((month) => month.split(' ')[0])).toEqual(
      ['y2024m11', 'y2024m12', 'y2025m01'].map((month) => `tracking.sent_events_${month}`),
    );
    const { rows } = await pool.query<{ definition: string }>(
      `select indexdef as definition from pg_indexes where tablename = 'click_events_y2024m12' and indexdef ilike '%unique%'`,
    );
    expect(rows.map((row) => row.definition)).toEqual([
      expect.stringMatching(/hash_record_extended.*NULLS NOT DISTINCT/),
    ]);
  });

  it('are made once when many processes need them at the same time', async () => {
    const keepers = Array.from({ length: 6 }, () => createPartitionKeeper({ pool }));
    await Promise.all(
      keepers.flatMap((keeper) => [
        keeper.ensureMonths('open_events', micros('2022-01-15T00:00:00Z'), micros('2022-03-15T00:00:00Z')),
        keeper.ensureMonths('open_events', micros('2022-02-15T00:00:00Z'), micros('2022-04-15T00:00:00Z')),
      ]),
    );

    expect((await monthsOf('open_events')).filter((month) => month.includes('_y2022'))).toHaveLength(4);
  });

  it('are made while a reader has the table open and a writer is in the middle of a page', async () => {
    const keeper = createPartitionKeeper({ pool });
    await keeper.ensureMonths('open_events', micros('2021-01-01T00:00:00Z'), micros('2021-01-01T00:00:00Z'));
    await inTransaction(pool, async (reader) => {
      await reader.query('select count(*) from tracking.open_events');
      await insertOpen(reader, '2021-01-05T00:00:00Z');
      await keeper.ensureMonths(
        'open_events',
        micros('2021-02-01T00:00:00Z'),
        micros('2021-02-01T00:00:00Z'),
      );
      await insertOpen(reader, '2021-02-05T00:00:00Z');
    });

    const { rows } = await pool.query(`select from tracking.open_events where occurred_at < '2021-03-01'`);
    expect(rows).toHaveLength(2);
  });

  it('are made again after one was dropped, once the keeper forgets it', async () => {
    const keeper = createPartitionKeeper({ pool });
    const instant = micros('2020-05-05T00:00:00Z');
    await keeper.ensureMonths('open_events', instant, instant);
    await pool.query('drop table tracking.open_events_y2020m05');

    await keeper.ensureMonths('open_events', instant, instant);
    const refused: unknown = await insertOpen(pool, '2020-05-05T00:00:00Z').catch((error: unknown) => error);
    const refusedInside: unknown = await inTransaction(pool, (tx) =>
      insertOpen(tx, '2020-05-05T00:00:00Z'),
    ).catch((error: unknown) => error);
    expect([isMissingMonth(refused), isMissingMonth(refusedInside), isMissingMonth(new Error('x'))]).toEqual([
      true,
      true,
      false,
    ]);

    keeper.forget();
    await keeper.ensureMonths('open_events', instant, instant);
    await insertOpen(pool, '2020-05-05T00:00:00Z');
  });

  it('fail loudly for a table that does not exist, and are tried again', async () => {
    const keeper = createPartitionKeeper({ pool });
    const attempt = (): Promise<void> =>
      keeper.ensureMonths('no_events', micros('2024-01-01T00:00:00Z'), micros('2024-01-01T00:00:00Z'));

    await expect(attempt()).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(attempt()).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});
