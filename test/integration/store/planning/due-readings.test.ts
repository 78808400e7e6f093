import { findJobsToRead, findJobsToRefresh } from '../../../../src/store/planning/due-readings.ts';
import { day, emptyLedger, openStore, type Store } from '../../../support/stored/ledger.ts';

const active = '00000000-0000-4000-8000-000000000001';
let store: Store;

beforeAll(async () => {
  store = await openStore();
  await store.pool.query(
    `insert into tracking.triggered_sends (account_id, triggered_send_id, status) values (1, $1, 'Active')`,
    [active],
  );
});
afterEach(async () => {
  await emptyLedger(store.pool);
  await store.pool.query('truncate tracking.job_totals');
});
afterAll(() => store.close());

/** Open: active since day 70. Due: read before day 99 while open, before day 70 when closed. Kept: since day -630. */
const cutoffs = {
  activeSince: day(70),
  openBefore: day(99),
  closedBefore: day(70),
  retainedSince: day(-630),
};
const open = { sent_at: day(90) };
const closed = { sent_at: day(1) };

interface JobState {
  readonly columns: Readonly<Record<string, unknown>>;
  /** When its rows of the dimension were last read. */
  readonly readAt?: Date;
  /** When its rollup last changed. */
  readonly changedAt?: Date;
  /** When its counters last moved. */
  readonly movedAt?: Date;
}

async function addJob(dimension: string, { columns, readAt, changedAt, movedAt }: JobState): Promise<void> {
  const job = { created_at: day(-700), first_seen_at: day(-700), ...columns };
  const names = Object.keys(job);
  await store.pool.query(
    `insert into tracking.jobs (account_id, job_id, ${names.join(', ')})
     values (1, 7, ${names.map((_, at) => `$${at + 1}`).join(', ')})`,
    Object.values(job),
  );
  if (readAt !== undefined) {
    await store.pool.query(`insert into pipeline.dimension_readings values (1, $1, 7, $2)`, [
      dimension,
      readAt,
    ]);
    // The reading of another account, dimension or job says nothing.
    await store.pool.query(
      `insert into pipeline.dimension_readings values (2, $1, 7, $2), (1, 'other', 7, $2), (1, $1, 8, $2)`,
      [dimension, day(99.5)],
    );
  }
  if (changedAt !== undefined) await addTotals(changedAt);
  if (movedAt !== undefined) {
    await store.pool.query(
      `insert into tracking.job_counter_days (account_id, job_id, day, counters_at)
       values (1, 7, $1::timestamptz::date, $1::timestamptz)`,
      [movedAt],
    );
  }
}

async function addTotals(changedAt: Date): Promise<void> {
  const { rows } = await store.pool.query<{ names: string; zeros: string }>(
    `select string_agg(attname, ', ') as names, string_agg('0', ', ') as zeros from pg_attribute
     where attrelid = 'tracking.job_totals'::regclass and attnotnull and attnum > 0
       and attname not in ('account_id', 'job_id', 'changed_at')`,
  );
  const { names = '', zeros = '' } = rows[0] ?? {};
  await store.pool.query(
    `insert into tracking.job_totals (account_id, job_id, changed_at, ${names}) values (1, 7, $1, ${zeros})`,
    [changedAt],
  );
}

describe('rows of a job that its dimension keeps', () => {
  it.each<{ name: string; state: JobState; isDue: boolean }>([
    { name: 'are read where they never were', state: { columns: open }, isDue: true },
    { name: 'are read once of a closed job too', state: { columns: closed }, isDue: true },
    { name: 'are not read before it begins', state: { columns: { scheduled_at: day(101) } }, isDue: false },
    {
      name: 'are read once it has sent',
      state: { columns: { created_at: day(99), number_sent: 1 } },
      isDue: true,
    },
    {
      name: 'are not read where the source keeps nothing of it any more',
      state: { columns: { sent_at: day(-631) } },
      isDue: false,
    },
    {
      name: 'are read again when its rollup changed since',
      state: { columns: open, readAt: day(98), changedAt: day(98.5) },
      isDue: true,
    },
    {
      name: 'are read again when its counters moved since',
      state: { columns: open, readAt: day(98), movedAt: day(98.5) },
      isDue: true,
    },
    {
      name: 'are not read again when nothing moved since',
      state: { columns: open, readAt: day(98), changedAt: day(97), movedAt: day(97) },
      isDue: false,
    },
    {
      name: 'are not read again sooner, whatever moved',
      state: { columns: open, readAt: day(99), changedAt: day(99.5) },
      isDue: false,
    },
    {
      name: 'are not read again for what moves on a closed job',
      state: { columns: closed, readAt: day(90), changedAt: day(95) },
      isDue: false,
    },
    {
      name: 'are read again as long as its definition is active',
      state: {
        columns: { ...closed, is_triggered: true, triggered_send_id: active },
        readAt: day(90),
        changedAt: day(95),
      },
      isDue: true,
    },
    {
      name: 'are read again after a month in any case',
      state: { columns: closed, readAt: day(69) },
      isDue: true,
    },
  ])('$name', async ({ state, isDue }) => {
    await addJob('link', state);
    expect(await findJobsToRead(store.pool, 1, 'link', cutoffs)).toEqual(isDue ? [7] : []);
    expect(await findJobsToRead(store.pool, 2, 'link', cutoffs)).toEqual([]);
  });
});

describe('counters of a job', () => {
  const young = { sent_at: day(95) };

  it.each<{ name: string; state: JobState; isDue: boolean }>([
    {
      name: 'are read in each run while it is young',
      state: { columns: { ...young, counters_at: day(99.8) } },
      isDue: true,
    },
    {
      name: 'are read once in a run',
      state: { columns: { ...young, counters_at: day(100.1) } },
      isDue: false,
    },
    {
      name: 'are read where they never were',
      state: { columns: { ...open, counters_at: null } },
      isDue: true,
    },
    {
      name: 'are not read again within the day when it is older',
      state: { columns: { ...open, counters_at: day(99.1) } },
      isDue: false,
    },
    {
      name: 'are read again each day while it is open',
      state: { columns: { ...open, counters_at: day(98.9) } },
      isDue: true,
    },
    {
      name: 'are not read again of a closed job within the month',
      state: { columns: { ...closed, counters_at: day(71) } },
      isDue: false,
    },
    {
      name: 'are read again of a closed job after a month',
      state: { columns: { ...closed, counters_at: day(69) } },
      isDue: true,
    },
    {
      name: 'are requested once a month of a closed job whose Send is not returned',
      state: { columns: { ...closed, counters_at: null }, readAt: day(71) },
      isDue: false,
    },
    {
      name: 'are not read where the source keeps nothing of it any more',
      state: { columns: { sent_at: day(-631), counters_at: day(0) } },
      isDue: false,
    },
  ])('$name', async ({ state, isDue }) => {
    await addJob('job', state);
    const counters = { ...cutoffs, youngSince: day(93), youngBefore: day(100) };
    expect(await findJobsToRefresh(store.pool, 1, 'job', counters)).toEqual(isDue ? [7] : []);
  });
});

describe('a night with 20 jobs that moved among 1,020', () => {
  it('reads the links and lists of these alone', async () => {
    await store.pool.query(
      `insert into tracking.jobs (account_id, job_id, created_at, sent_at, first_seen_at, counters_at)
       select 1, id, $1::timestamptz, case when id <= 500 then $2::timestamptz else $1 end, $1, $3::timestamptz
       from generate_series(1, 1020) as id`,
      [day(1), day(90), day(98)],
    );
    await store.pool.query(
      `insert into pipeline.dimension_readings
       select 1, dimension, id, $1::timestamptz from generate_series(1, 1020) as id, unnest(array['link', 'list']) as dimension`,
      [day(98)],
    );
    await store.pool.query(
      `insert into tracking.job_counter_days (account_id, job_id, day, counters_at)
       select 1, id, $1::timestamptz::date, $1::timestamptz from generate_series(101, 120) as id`,
      [day(98.5)],
    );
    for (const dimension of ['link', 'list'])
      expect(await findJobsToRead(store.pool, 1, dimension, cutoffs)).toHaveLength(20);
  });
});
