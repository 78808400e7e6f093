import { lockLane } from '../../../src/bi/account-lock.ts';
import { markJobs, readBasis } from '../../../src/bi/build.ts';
import { checkRollups } from '../../../src/bi/check.ts';
import { refreshChangedJobs } from '../../../src/bi/refresh-jobs.ts';
import { rebuildRollups, refreshRollups } from '../../../src/bi/refresh.ts';
import { inTransaction } from '../../../src/store/connection/pool.ts';
import { openStore, type Store } from '../../support/stored/ledger.ts';
import { expectedRollups } from '../../support/analysts/rollup-oracle.ts';
import { emptyRollupsAndEvents, readRollups, readWorld, sorted } from '../../support/analysts/rollups.ts';
import { loadEvents, makeMonths, type TestEvent } from '../../support/analysts/tracking-events.ts';

let store: Store;

beforeAll(async () => {
  store = await openStore();
  await makeMonths(store.pool, '2026-03-01', '2026-06-01');
});
afterEach(() => emptyRollupsAndEvents(store.pool));
afterAll(() => store.close());

const refresh = (): Promise<unknown> => refreshRollups(store.pool, { waits: true });

function event(
  type: TestEvent['type'],
  jobId: number,
  key: string,
  occurredAt: string,
  more = {},
): TestEvent {
  return {
    ...{ type, account_id: 1, job_id: jobId, batch_id: 0, subscriber_key: key, occurred_at: occurredAt },
    ...more,
  };
}

const people = ['anna', 'ben', 'carla'];
const newsletter = [41, 42].flatMap((jobId) => [
  ...people.map((key) => event('sent', jobId, key, '2026-03-10T08:00:00Z', { list_id: 7 })),
  event('open', jobId, 'anna', '2026-03-10T09:00:00Z'),
  event('click', jobId, 'anna', '2026-03-10T09:00:05Z', { url_id: 1 }),
]);

async function stamps(table: string): Promise<Map<string, string>> {
  const { rows } = await store.pool.query<{ key: string; stamp: string }>(
    `select concat_ws(' ', job_id, event_type, day) as key, changed_at::text as stamp
     from (select job_id, changed_at, null as event_type, null::date as day from tracking.job_totals where $1 = 'job_totals'
           union all select job_id, changed_at, event_type, day from tracking.job_days where $1 = 'job_days') as rollup`,
    [table],
  );
  return new Map(rows.map(({ key, stamp }) => [key, stamp]));
}

it('an open that arrives weeks later changes its job, its day and its person, and stamps nothing else', async () => {
  await loadEvents(store.pool, newsletter);
  await refresh();
  const [totals, days] = [await stamps('job_totals'), await stamps('job_days')];
  const writers = async (): Promise<Record<string, string>> => {
    const { rows } = await store.pool.query<{ key: string; writer: string }>(
      `select concat_ws(' ', job_id, subscriber_key) as key, xmin::text as writer from tracking.recipients`,
    );
    return Object.fromEntries(rows.map(({ key, writer }) => [key, writer]));
  };
  const messages = await writers();

  await loadEvents(store.pool, [event('open', 42, 'ben', '2026-05-02T10:00:00Z')]);
  await refresh();
  const changed = (before: Map<string, string>, after: Map<string, string>): string[] =>
    [...after].filter(([key, stamp]) => before.get(key) !== stamp).map(([key]) => key);
  expect(changed(totals, await stamps('job_totals'))).toEqual(['42']);
  expect(changed(days, await stamps('job_days'))).toEqual(['42 open 2026-05-02']);
  const written = Object.entries(await writers()).filter(([key, writer]) => messages[key] !== writer);
  expect(written.map(([key]) => key)).toEqual(['42 ben']);
});

/** As a refresh does that has much to do. */
const refreshLane = (lane: number): Promise<number> =>
  inTransaction(store.pool, async (tx) => {
    await lockLane(tx, { accountId: 1, lane, waits: true });
    const basis = await readBasis(tx, 1);
    return basis === undefined ? 0 : await refreshChangedJobs(tx, { accountId: 1, ...basis, lane });
  });

it('jobs of both lanes add to the same people, and kinds of events without a line keep their counts', async () => {
  await loadEvents(store.pool, newsletter);
  await refresh();
  const late = [41, 42].flatMap((jobId) =>
    people.map((key) => event('open', jobId, key, `2026-05-0${jobId - 39}T10:00:00Z`)),
  );
  await loadEvents(store.pool, late);
  expect(await Promise.all([refreshLane(0), refreshLane(1)])).toEqual([1, 1]);
  const unsubscribed = event('unsub', 42, 'anna', '2026-05-04T10:00:00Z', { is_master_unsubscribed: true });
  await loadEvents(store.pool, [unsubscribed]);
  await refresh();
  const expected = expectedRollups([...newsletter, ...late, unsubscribed], await readWorld(store.pool));
  expect(sorted(await readRollups(store.pool))).toEqual(sorted(expected));
});

it('a refresh with nothing new writes nothing, and a rebuild writes only what differs', async () => {
  await loadEvents(store.pool, newsletter);
  await refresh();
  const before = await stamps('job_days');
  await refresh();
  await rebuildRollups(store.pool);
  expect(await stamps('job_days')).toEqual(before);
});

it('events that were there before the log was kept are found by the first refresh', async () => {
  await loadEvents(store.pool, newsletter);
  await store.pool.query('truncate pipeline.rollup_changes');
  await store.pool.query('insert into pipeline.accounts (account_id) values (1) on conflict do nothing');
  await refresh();
  const expected = expectedRollups(newsletter, await readWorld(store.pool));
  expect(sorted(await readRollups(store.pool))).toEqual(sorted(expected));
});

it('an account that another process refreshes is left to it, or waited for', async () => {
  await loadEvents(store.pool, newsletter);
  const outcome = await inTransaction(store.pool, async (tx) => {
    await tx.query(`select pg_advisory_xact_lock(hashtextextended('sfmc-tracking rollups', 1))`);
    return await refreshRollups(store.pool, { waits: false });
  });
  expect(outcome).toEqual({ jobs: 0, busyAccounts: [1] });
  expect(await refreshRollups(store.pool, { waits: true })).toMatchObject({ busyAccounts: [] });
});

it('a frozen job is neither refreshed nor rebuilt, whatever is left of its events', async () => {
  await loadEvents(store.pool, newsletter);
  await refresh();
  await store.pool.query('update tracking.job_totals set frozen_at = now() where job_id = 41');
  const before = sorted(await readRollups(store.pool));
  await store.pool.query('delete from tracking.sent_events where job_id = 41');
  await rebuildRollups(store.pool);
  expect(sorted(await readRollups(store.pool))).toEqual(before);
  const { rows } = await store.pool.query('select from pipeline.rollup_changes');
  expect(rows).toEqual([]);
});

it('events that were deleted leave the rollups with a line for the whole job', async () => {
  await loadEvents(store.pool, newsletter);
  await refresh();
  await store.pool.query(`delete from tracking.sent_events where subscriber_key = 'ben'`);
  await store.pool.query(
    `insert into pipeline.rollup_changes (account_id, event_type, job_id, first_at, last_at)
     select 1, 'all', job_id, '-infinity', 'infinity' from tracking.job_totals`,
  );
  await refresh();
  const left = newsletter.filter((one) => one.subscriber_key !== 'ben');
  const expected = expectedRollups(left, await readWorld(store.pool));
  expect(sorted(await readRollups(store.pool))).toEqual(sorted(expected));
});

it('Postgres knows what the working tables hold that are joined with each other, where a job has many machine events', async () => {
  await store.pool.query(
    `update bi.engagement_rules set enabled = true, seconds = 5 where rule = 'open_soon_after_send'`,
  );
  const crowd = Array.from({ length: 600 }, (_, at) => [
    event('sent', 43, `person ${at}`, '2026-03-10T08:00:00Z', { list_id: 7 }),
    event('open', 43, `person ${at}`, '2026-03-10T08:00:01Z'),
  ]);
  await loadEvents(store.pool, crowd.flat());
  await refresh();
  const known = await inTransaction(store.pool, async (tx) => {
    const basis = await readBasis(tx, 1);
    await markJobs(tx, 1, [43]);
    await refreshChangedJobs(tx, { accountId: 1, rules: [], isBuilding: false, ...basis });
    const { rows } = await tx.query<{ columns: string }>(
      `select tablename || ': ' || string_agg(attname, ' ' order by attname) as columns
       from pg_stats where schemaname like 'pg_temp%' and tablename in ('reaction', 'old_machine_event')
       group by tablename order by tablename`,
    );
    return rows.map(({ columns }) => columns);
  });
  expect(known).toEqual([
    'old_machine_event: event_hash event_type job_id occurred_at',
    'reaction: batch_id event_hash event_type job_id occurred_at subscriber_key',
  ]);
});

describe('the check', () => {
  beforeEach(async () => {
    await loadEvents(store.pool, newsletter);
    await refresh();
  });

  it('finds every job equal to its events', async () => {
    expect(await checkRollups(store.pool, { jobsMax: 20 })).toEqual({ checkedJobs: 2, mismatches: [] });
  });

  it.each([
    'update tracking.recipients set opens = 5 where job_id = 42',
    `delete from tracking.recipients where job_id = 42 and subscriber_key = 'carla'`,
    'update tracking.job_totals set openers = 7 where job_id = 42',
    'update tracking.job_days set people = 9 where job_id = 42',
    'delete from tracking.job_hours where job_id = 42',
    'update tracking.link_totals set clickers = 3 where job_id = 42',
  ])('finds the job of: %s', async (damage) => {
    await store.pool.query(damage);
    expect(await checkRollups(store.pool, { jobsMax: 20 })).toEqual({
      checkedJobs: 2,
      mismatches: [{ accountId: 1, jobId: 42, isEqual: false }],
    });
    const { rows } = await store.pool.query('select checked_jobs, mismatches from pipeline.rollup_state');
    expect(rows).toEqual([{ checked_jobs: 2, mismatches: 1 }]);
    expect(await checkRollups(store.pool, { jobsMax: 20 })).toMatchObject({ mismatches: [] });
  });

  it('leaves out jobs whose events wait for a refresh', async () => {
    await loadEvents(store.pool, [event('open', 42, 'ben', '2026-05-02T10:00:00Z')]);
    expect(await checkRollups(store.pool, { jobsMax: 20 })).toEqual({ checkedJobs: 1, mismatches: [] });
  });
});
