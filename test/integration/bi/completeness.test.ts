import { readCompleteness, recordDeficits } from '../../../src/bi/completeness.ts';
import { readEventTypes } from '../../../src/store/status/coverage/event-types.ts';
import { openStore, plantTask, type Store } from '../../support/stored/ledger.ts';

let store: Store;

beforeAll(async () => {
  store = await openStore();
  await store.pool.query(
    `insert into pipeline.accounts (account_id, jobs_discovered_until) values (1, now() - interval '1 hour')`,
  );
});
afterEach(async () => {
  await store.pool.query(
    `truncate tracking.jobs, tracking.job_totals, tracking.job_days, tracking.links, tracking.link_totals,
              pipeline.checkpoints, pipeline.deficits, pipeline.rollup_changes, pipeline.extract_tasks`,
  );
});
afterAll(() => store.close());

interface PlantedJob {
  readonly counters: Readonly<Record<string, number>>;
  readonly totals?: Readonly<Record<string, number>>;
  readonly sentDaysAgo?: number;
  readonly countersDaysAgo?: number;
  readonly newestDaysAgo?: number;
  readonly loadedDaysAgo?: number;
  readonly status?: string;
}

/** A job that was sent 30 days ago, read until yesterday, with the counters of yesterday. */
async function plantJob({ counters, totals = {}, ...days }: PlantedJob): Promise<void> {
  const { sentDaysAgo = 30, countersDaysAgo = 1, newestDaysAgo = 20, loadedDaysAgo = 1 } = days;
  await store.pool.query(
    `insert into tracking.jobs (account_id, job_id, status, sent_at, created_at, counters_at)
     values (1, 42, $1, now() - make_interval(days => $2), now() - make_interval(days => $2), now() - make_interval(days => $3))`,
    [days.status ?? 'Complete', sentDaysAgo, countersDaysAgo],
  );
  const set = Object.entries(counters).map(([name, count]) => `${name} = ${count}`);
  await store.pool.query(`update tracking.jobs set ${set.join(', ')}`);
  const { rows } = await store.pool.query<{ name: string }>(
    `select attname as name from pg_attribute
     where attrelid = 'tracking.job_totals'::regclass and attnum > 0 and atttypid = 'bigint'::regtype
       and attname not in ('account_id', 'job_id')`,
  );
  const columns = rows.map(({ name }) => name);
  await store.pool.query(
    `insert into tracking.job_totals (account_id, job_id, changed_at, ${columns.join(', ')})
     values (1, 42, now(), ${columns.map((name) => totals[name] ?? 0).join(', ')})`,
  );
  for (const type of ['sent', 'open', 'click', 'bounce', 'unsub', 'not_sent', 'forward']) {
    await store.pool.query(
      `with job_day as (
         insert into tracking.job_days
           (account_id, job_id, event_type, day, events, people, machine_events, human_people, last_at, changed_at)
         values (1, 42, $1, current_date, 1, 1, 0, 1, now() - make_interval(days => $2), now()))
       insert into pipeline.checkpoints (account_id, job_id, event_type, watermark, covered_to, asked_at, full_read_at)
       values (1, 42, $1, now() - make_interval(days => $3), now() - make_interval(days => $3), now(), now() - interval '2 days')`,
      [type, newestDaysAgo, loadedDaysAgo],
    );
  }
}

/** Each counter as `counter source loaded: verdict`. */
async function verdicts(): Promise<string[]> {
  return (await readCompleteness(store.pool)).map(
    ({ counter, source, loaded, verdict }) => `${counter} ${source} ${loaded}: ${verdict}`,
  );
}

async function reasons(): Promise<(string | null)[]> {
  return (await readCompleteness(store.pool)).map(({ reason }) => reason);
}

describe('a counter', () => {
  it('is exact where it is what was loaded', async () => {
    await plantJob({
      counters: { number_sent: 1000, hard_bounces: 7, number_excluded: 3, duplicates: 1 },
      totals: { sent_events: 1000, with_hard_bounce: 7, not_sent_events: 4 },
    });
    expect(await verdicts()).toEqual([
      'hard_bounces 7 7: exact',
      'not_sent 4 4: exact',
      'number_sent 1000 1000: exact',
    ]);
    expect(await reasons()).toEqual([null, null, null]);
  });

  it('tolerates nothing of what is sent, and half a percent of people', async () => {
    await plantJob({
      counters: { number_sent: 1000, unique_opens: 1000, unique_clicks: 1000, unsubscribes: 10 },
      totals: { sent_events: 999, openers: 995, openers_or_clickers: 900, clickers: 994, unsub_events: 14 },
    });
    expect(await verdicts()).toEqual([
      'number_sent 1000 999: source ahead',
      'unique_clicks 1000 994: source ahead',
      'unique_opens 1000 995: within tolerance',
      'unsubscribes 10 14: loaded ahead',
    ]);
    await store.pool.query(
      `update bi.counter_tolerances set tolerance_rows = 6 where counter = 'unique_clicks'`,
    );
    expect((await verdicts())[1]).toBe('unique_clicks 1000 994: within tolerance');
    await store.pool.query(
      `update bi.counter_tolerances set tolerance_rows = 3 where counter = 'unique_clicks'`,
    );
  });

  it('of opens may count clicks as opens', async () => {
    await plantJob({
      counters: { unique_opens: 120 },
      totals: { openers: 100, openers_or_clickers: 120 },
    });
    expect(await verdicts()).toEqual(['unique_opens 120 120: exact']);
  });

  it('of bounces agrees where soft and other ones agree together', async () => {
    await plantJob({
      counters: { soft_bounces: 12, other_bounces: 3 },
      totals: { with_soft_bounce: 10, with_other_bounce: 5 },
    });
    expect(await verdicts()).toEqual([
      'other_bounces 3 5: within tolerance',
      'soft_bounces 12 10: within tolerance',
    ]);
  });

  it('of clicks is compared link by link: one link does not make up for another', async () => {
    await plantJob({ counters: { number_sent: 1 }, totals: { sent_events: 1 } });
    await store.pool.query(
      `with known as (
         insert into tracking.links (account_id, job_id, url_id, total_clicks, unique_clicks, counters_at)
         values (1, 42, 1, 100, 50, now() - interval '1 day'), (1, 42, 2, 100, 50, now() - interval '1 day'))
       insert into tracking.link_totals (account_id, job_id, url_id, clicks, clickers, machine_clicks, human_clickers, changed_at)
       values (1, 42, 1, 104, 50, 0, 50, now()), (1, 42, 2, 96, 50, 0, 50, now())`,
    );
    expect(await verdicts()).toEqual([
      'link_total_clicks 200 200: source ahead',
      'link_unique_clicks 100 100: exact',
      'number_sent 1 1: exact',
    ]);
    await store.pool.query('update tracking.link_totals set clicks = 100 - url_id + 1');
    expect((await verdicts())[0]).toBe('link_total_clicks 200 199: indistinguishable');
    expect((await reasons())[0]).toBe(
      'events that are equal in every field are one row: 1 missing, 2 accepted',
    );
  });
});

describe('a verdict is put off', () => {
  const counters = { number_sent: 10, hard_bounces: 5 };

  it.each([
    [{ sentDaysAgo: 2, newestDaysAgo: 2, countersDaysAgo: 0 }, ['the send is younger than 4 days', null]],
    [
      { sentDaysAgo: 0, newestDaysAgo: 0 },
      ['the send is younger than 4 days', 'the send is younger than 1 day'],
    ],
    [
      { countersDaysAgo: 21 },
      Array(2).fill('the counters were read before the newest event, or less than an hour after it'),
    ],
    [{ loadedDaysAgo: 3 }, Array(2).fill('the counters are more than a day newer than what is loaded')],
    [{ status: 'Sending' }, Array(2).fill('the send is not complete')],
  ])('%j', async (days, expected) => {
    await plantJob({ counters, ...days });
    const found = await readCompleteness(store.pool);
    expect(found.map(({ verdict, reason }) => (verdict === 'too early' ? reason : null))).toEqual(expected);
  });

  it('where events of the type were never read, and where the rollups are behind', async () => {
    await plantJob({ counters });
    await store.pool.query(`delete from pipeline.checkpoints where event_type = 'sent'`);
    expect(await reasons()).toEqual([
      expect.stringContaining('5 missing'),
      'events of this type were not read yet',
    ]);
    await store.pool.query(
      `insert into pipeline.rollup_changes (account_id, event_type, job_id, first_at, last_at) values (1, 'open', 42, now(), now())`,
    );
    expect((await reasons())[0]).toBe('the rollups of the job are behind');
  });
});

it.each([
  [
    'Marketing Cloud’s retention',
    { sentDaysAgo: 731 },
    'Marketing Cloud keeps events for 730 days, and counters for longer',
  ],
  ['ours', {}, 'events of the job were deleted here by RETENTION_MONTHS'],
] as const)('nothing is missed beyond %s', async (_, days, reason) => {
  await plantJob({ counters: { number_sent: 10 }, ...days });
  if (!('sentDaysAgo' in days)) await store.pool.query('update tracking.job_totals set frozen_at = now()');
  expect(await verdicts()).toEqual(['number_sent 10 0: beyond retention']);
  expect(await reasons()).toEqual([reason]);
  expect(await recordDeficits(store.pool)).toBe(0);
});

describe('a deficit', () => {
  // The verdicts are only asked for where a counter is above what is loaded.
  it.each([
    'number_sent',
    'number_delivered',
    'hard_bounces',
    'soft_bounces',
    'other_bounces',
    'unique_opens',
    'unique_clicks',
    'unsubscribes',
    'forwarded_emails',
    'number_errored',
    'number_excluded',
    'existing_unsubscribes',
    'existing_undeliverables',
    'duplicates',
    'invalid_addresses',
    'missing_addresses',
  ])('is recorded for %s alone', async (counter) => {
    await plantJob({ counters: { [counter]: 1000 } });
    expect(await recordDeficits(store.pool)).toBe(1);
  });

  it.each(['total_clicks', 'unique_clicks'])('is recorded for the %s of a link alone', async (counter) => {
    await plantJob({ counters: { number_sent: 0 } });
    await store.pool.query(
      `insert into tracking.links (account_id, job_id, url_id, ${counter}, counters_at)
       values (1, 42, 1, 1000, now() - interval '1 day')`,
    );
    expect(await recordDeficits(store.pool)).toBe(1);
  });

  it('is recorded once, and the verdict says what becomes of it', async () => {
    await plantJob({ counters: { number_sent: 10 }, totals: { sent_events: 8 } });
    expect(await reasons()).toEqual([
      '2 missing, 0 accepted: a full re-read of the job is due once this is noticed, by reconcile or after the next sync',
    ]);
    expect(await recordDeficits(store.pool)).toBe(1);
    expect(await recordDeficits(store.pool)).toBe(0);
    expect(await reasons()).toEqual([
      '2 missing, 0 accepted: a full re-read of the job is due with the next sync',
    ]);
    await store.pool.query('update pipeline.checkpoints set full_read_at = now()');
    expect(await reasons()).toEqual([
      expect.stringMatching(
        /^2 missing, 0 accepted: a full re-read of the job, planned at [\d: -]+ UTC, brought no more$/u,
      ),
    ]);
    expect(await recordDeficits(store.pool)).toBe(0);
  });

  it('is recorded again only where it has grown, and forgotten where it is gone', async () => {
    await plantJob({ counters: { number_sent: 10 }, totals: { sent_events: 8 } });
    await recordDeficits(store.pool);
    await store.pool.query('update tracking.job_totals set sent_events = 9');
    expect(await recordDeficits(store.pool)).toBe(0);
    await store.pool.query('update tracking.job_totals set sent_events = 5');
    expect(await recordDeficits(store.pool)).toBe(1);
    await store.pool.query('update tracking.job_totals set sent_events = 10');
    expect(await recordDeficits(store.pool)).toBe(0);
    const { rowCount } = await store.pool.query('select from pipeline.deficits');
    expect(rowCount).toBe(0);
  });
});

it('freshness says what status says', async () => {
  await plantJob({ counters: { number_sent: 10 } });
  await plantTask(store.pool, { accountId: 1, jobId: 42, eventType: 'open', state: 'parked' });
  await plantTask(store.pool, { accountId: 1, jobId: 42, eventType: 'click', state: 'running' });
  const { rows } = await store.pool.query(
    `select account_id as "accountId", event_type as "eventType", complete_to as "completeTo", holes
     from bi.freshness order by event_type`,
  );
  const status = await readEventTypes(store.pool, new Date());
  expect(rows).toHaveLength(7);
  expect(rows).toEqual(
    status
      .map(({ accountId, eventType, completeTo, holes }) => ({ accountId, eventType, completeTo, holes }))
      .sort((one, other) => one.eventType.localeCompare(other.eventType)),
  );
});
