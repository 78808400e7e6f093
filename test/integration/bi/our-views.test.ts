import { refreshRollups } from '../../../src/bi/refresh.ts';
import { makeAnalystWorld } from '../../support/analysts/analyst-world.ts';
import { openStore, type Store } from '../../support/stored/ledger.ts';
import { loadEvents, makeMonths, type TestEvent } from '../../support/analysts/tracking-events.ts';

let store: Store;

beforeAll(async () => {
  store = await openStore();
  await makeAnalystWorld(store.pool);
});
afterAll(() => store.close());

async function linesOf(query: string): Promise<string[]> {
  const { rows } = await store.pool.query<{ line: string }>(query);
  return rows.map(({ line }) => line);
}

it('job_performance divides by delivered, and by sent under another name', async () => {
  expect(
    await linesOf(
      `select concat_ws(' ', job_id, account_name, day, sent, delivered, bounced, hard_bounced, block_bounced, opened, human_opened,
              clicked, human_clicked) as line
       from bi.job_performance where job_id in (10, 20) order by job_id`,
    ),
  ).toEqual(['10 Shop 2026-03-28 5 3 2 1 1 3 2 2 1', '20 Shop 2026-06-01 3 3 0 0 0 2 2 1 1']);
  expect(
    await linesOf(
      `select concat_ws(' ', round(delivery_rate, 2), round(open_rate, 2), round(open_rate_of_sent, 2), round(human_open_rate, 2),
              round(click_rate, 2), round(click_rate_of_sent, 2), round(human_click_rate, 2),
              round(click_to_open_rate_of_openers, 2), round(click_to_open_rate_of_engaged, 2),
              round(unsubscribe_rate, 2), round(unsubscribe_rate_of_sent, 2), round(bounce_rate, 2)) as line
       from bi.job_performance where job_id = 10`,
    ),
  ).toEqual(['0.60 1.00 0.60 0.67 0.67 0.40 0.33 0.67 0.67 0.33 0.20 0.40']);
});

it('job_performance has no rate where nothing was sent', async () => {
  await store.pool.query(`insert into tracking.jobs (account_id, job_id) values (1, 99)`);
  expect(
    await linesOf(
      `select concat_ws(' ', sent, opened, coalesce(open_rate::text, 'null'), coalesce(delivery_rate::text, 'null')) as line
       from bi.job_performance where job_id = 99`,
    ),
  ).toEqual(['0 0 null null']);
  await store.pool.query(`delete from tracking.jobs where job_id = 99`);
});

it('daily_engagement cuts days in the reporting time zone, on both nights when clocks change', async () => {
  expect(
    await linesOf(
      `select concat_ws(' ', day, sent, opens, human_opens, machine_opens, unique_opens, clicks, machine_clicks) as line
       from bi.daily_engagement where account_id = 1 and extract(month from day) in (3, 10) order by day`,
    ),
  ).toEqual([
    // 21:00 UTC on the 28th is 22:00 in Berlin; 23:00 and midnight UTC are the 29th there.
    '2026-03-28 5 2 1 1 2 7 5',
    '2026-03-29 0 1 1 0 1 0 0',
    '2026-03-30 0 1 1 0 0 1 0',
    '2026-10-24 3 0 0 0 0 0 0',
    '2026-10-25 0 2 2 0 1 1 0',
    '2026-10-26 0 1 1 0 1 0 0',
  ]);
});

it('days move with the reporting time zone at the next refresh', async () => {
  await store.pool.query(`update bi.settings set time_zone = 'America/New_York'`);
  await refreshRollups(store.pool, { waits: true });
  expect(
    await linesOf(
      `select concat_ws(' ', day, opens) as line from bi.daily_engagement
       where account_id = 1 and day >= '2026-10-01' and opens > 0 order by day`,
    ),
  ).toEqual(['2026-10-24 1', '2026-10-25 2']);
  await store.pool.query(`update bi.settings set time_zone = 'Europe/Berlin'`);
  await refreshRollups(store.pool, { waits: true });
});

it('hourly_since_send counts from each person’s own message', async () => {
  expect(
    await linesOf(
      `select concat_ws(' ', hour, opens, human_opens, first_opens, first_opens_until, clicks, human_clicks, first_clicks_until) as line
       from bi.hourly_since_send where job_id = 10 order by hour`,
    ),
  ).toEqual(['0 1 0 1 1 5 0 1', '1 1 1 1 2 2 2 2', '4 1 1 1 3 0 0 2', '30 1 1 0 3 1 1 2']);
  expect(
    await linesOf(
      `select concat_ws(' ', hour, opens, first_opens_until) as line from bi.hourly_since_send where job_id = 20 order by hour`,
    ),
  ).toEqual(['1 1 1', '2 1 2']);
});

it('time_to_open has the median and the 90th percentile, right to the hour', async () => {
  expect(
    await linesOf(
      `select concat_ws(' ', job_id, opened, round(median_hours_to_open, 2), round(p90_hours_to_open, 2),
              human_opened, round(median_hours_to_human_open, 2), clicked, round(median_hours_to_human_click, 2)) as line
       from bi.time_to_open where job_id in (10, 21) order by job_id`,
    ),
  ).toEqual(['10 3 1.50 4.70 2 2.00 2 1.50', '21 1 3.50 3.90 1 3.50']);
});

it('time_to_open is not led astray by single opens long after the median', async () => {
  await store.pool.query(
    `insert into tracking.job_hours (account_id, job_id, hour, opens, machine_opens, first_opens, human_first_opens,
       clicks, machine_clicks, first_clicks, human_first_clicks, changed_at)
     values (1, 99, 0, 99, 0, 99, 99, 0, 0, 0, 0, now()), (1, 99, 500, 1, 0, 1, 1, 0, 0, 0, 0, now())`,
  );
  expect(
    await linesOf(
      `select concat_ws(' ', round(median_hours_to_open, 2), round(p90_hours_to_open, 2), median_hours_to_click) as line
       from bi.time_to_open where job_id = 99`,
    ),
  ).toEqual(['0.51 0.91']);
  await store.pool.query('delete from tracking.job_hours where job_id = 99');
});

it('link_performance is the click map, by people and by machines', async () => {
  expect(
    await linesOf(
      `select concat_ws(' ', link_name, clicks, human_clicks, machine_clicks, clickers, human_clickers,
              round(share_of_clicks, 3), round(share_of_human_clicks, 3), total_clicks) as line
       from bi.link_performance where job_id = 10 order by url_id`,
    ),
  ).toEqual([
    'hero 3 2 1 2 1 0.375 0.667 3',
    'offer 2 1 1 2 1 0.250 0.333 2',
    'shop 1 0 1 1 0 0.125 0.000 1',
    'blog 1 0 1 1 0 0.125 0.000 1',
    'imprint 1 0 1 1 0 0.125 0.000 1',
  ]);
});

it('triggered_send_days follows a definition over its jobs', async () => {
  expect(
    await linesOf(
      `select concat_ws(' ', name, day, jobs, sent, opens, unique_opens, clicks) as line from bi.triggered_send_days order by day`,
    ),
  ).toEqual([
    'Welcome mail 2026-06-01 1 1 1 1 0',
    'Welcome mail 2026-06-03 1 2 1 0 1',
    'Welcome mail 2026-06-10 1 1 1 1 0',
  ]);
});

it('domain_deliverability counts by domain and day of sending', async () => {
  expect(
    await linesOf(
      `select concat_ws(' ', domain, sent, delivered, bounced, hard_bounced, block_bounced, opened, human_opened, round(delivery_rate, 2)) as line
       from bi.domain_deliverability where account_id = 1 and day = '2026-03-28' order by domain`,
    ),
  ).toEqual(['alpha.example 2 2 0 0 0 2 1 1.00', 'beta.example 2 0 2 1 1 0 0 0.00']);
});

it('machine_engagement has all, machines and people side by side, and the reasons', async () => {
  expect(
    await linesOf(
      `select concat_ws(' ', event_type, events, human_events, machine_events, round(machine_share, 2), people, human_people) as line
       from bi.machine_engagement where job_id = 10 order by event_type`,
    ),
  ).toEqual(['click 8 3 5 0.63 2 1', 'open 4 3 1 0.25 3 2']);
  expect(
    await linesOf(
      `select concat_ws(' ', event_type, rule, events, people) as line from bi.machine_reasons where job_id = 10
       order by event_type, rule`,
    ),
  ).toEqual([
    'click click_soon_after_send 5 1',
    'click every_link_clicked 5 1',
    'click many_links_at_once 5 1',
    'open open_soon_after_send 1 1',
  ]);
});

it('engagement_segments counts people by days since they last opened or clicked, with and without machines', async () => {
  // Noon of a day in Berlin, where days begin and end here: its clock was another one in summer. Nothing is ahead of now.
  const today = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Berlin' }).format(new Date());
  const daysAgo = (days: number, seconds = 0): string =>
    new Date(
      Math.min(Date.parse(`${today}T11:00:00Z`) - days * 86_400_000 + seconds * 1000, Date.now()),
    ).toISOString();
  await makeMonths(store.pool, daysAgo(330), daysAgo(0));
  const event = (
    type: TestEvent['type'],
    job_id: number,
    person: number,
    occurred_at: string,
    more = {},
  ): TestEvent => ({
    ...{ type, account_id: 3, job_id, batch_id: 0, subscriber_key: `person ${person}`, occurred_at, ...more },
  });
  // Of 2 and 4 the last open came as soon as the message was sent, as a machine's does.
  const openedByPeople = [
    [1, 0],
    [2, 200],
    [3, 31],
    [5, 180],
    [6, 181],
    [8, 1],
  ] as const;
  const openedByMachines = [
    [2, 30],
    [4, 90],
  ] as const;
  await loadEvents(store.pool, [
    ...[1, 2, 3, 4, 5, 6, 7, 8].map((person) => event('sent', 901, person, daysAgo(300))),
    ...openedByPeople.map(([person, days]) => event('open', 901, person, daysAgo(days))),
    ...openedByMachines.flatMap(([person, days]) => [
      event('sent', 902, person, daysAgo(days)),
      event('open', 902, person, daysAgo(days, 1)),
    ]),
    event('unsub', 901, 8, daysAgo(0), { list_id: 1, is_master_unsubscribed: true }),
  ]);
  await refreshRollups(store.pool, { waits: true });
  expect(
    await linesOf(
      `select concat_ws(' ', segment, people, human_people) as line from bi.engagement_segments
       where account_id = 3 order by position`,
    ),
  ).toEqual(['0-30 2 1', '31-90 2 1', '91-180 1 1', 'more than 180 1 2', 'never 1 2']);
});
