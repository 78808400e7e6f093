import { refreshRollups } from '../../../src/bi/refresh.ts';
import type { Pool } from '../../../src/store/connection/pool.ts';
import { loadEvents, makeMonths, type TestEvent } from './tracking-events.ts';

/**
 * A small world whose answers can be counted by hand: account 1 has two newsletters (jobs 10 and 11), a triggered send
 * with two jobs (20 and 21), and five people; account 2 has job 30. Clocks in Berlin change in the nights after both newsletters.
 */
export const triggeredSendId = 'a1b2c3d4-0000-4000-8000-00000000beef';

const people: Readonly<Record<string, number>> = {
  'ann@alpha.example': 101,
  'bob@alpha.example': 102,
  'cy@beta.example': 103,
  'dee@beta.example': 104,
  eve: 105,
};

type Own = Partial<TestEvent>;

function on(jobId: number, batchId: number | null, sentAt: string, own: Own = {}) {
  const start = Date.parse(sentAt);
  return (type: TestEvent['type'], key: string, seconds: number, more: Own = {}): TestEvent => ({
    ...{ type, account_id: 1, job_id: jobId, batch_id: batchId, subscriber_key: key },
    occurred_at: new Date(start + seconds * 1000).toISOString(),
    ...(type === 'sent' || type === 'not_sent' ? { list_id: 500, subscriber_id: people[key] ?? null } : {}),
    ...own,
    ...more,
  });
}

const hour = 3600;
const linkNames = ['hero', 'offer', 'shop', 'blog', 'imprint'];

function click(urlId: number): Own {
  return { url_id: urlId, url: `https://example.com/${linkNames[urlId - 1]}?p=personal` };
}

// 21:00 in Berlin, five hours before the clocks go forward.
const spring = on(10, null, '2026-03-28T20:00:00Z');
// 21:00 in Berlin, six hours before they go back.
const autumn = on(11, null, '2026-10-24T19:00:00Z');
const triggered = { triggered_send_id: triggeredSendId };
const first = on(20, 1, '2026-06-01T08:00:00Z', triggered);
const second = on(20, 2, '2026-06-03T08:00:00Z', triggered);
const republished = on(21, 1, '2026-06-10T08:00:00Z', triggered);

const springEvents: readonly TestEvent[] = [
  ...Object.keys(people).map((key) => spring('sent', key, 0, key === 'eve' ? { list_id: 501 } : {})),
  spring('not_sent', 'fay@beta.example', 60, { subscriber_id: 106 }),
  // A person: opens at once and on the next day, clicks two links at one instant, and one again.
  ...[spring('open', 'ann@alpha.example', hour), spring('open', 'ann@alpha.example', 30 * hour)],
  ...[1, 2].map((urlId) => spring('click', 'ann@alpha.example', hour + 300, click(urlId))),
  spring('click', 'ann@alpha.example', 30 * hour, click(1)),
  // A gateway: opens and follows every link while the message is delivered.
  spring('open', 'bob@alpha.example', 2),
  ...[1, 2, 3, 4, 5].map((urlId) => spring('click', 'bob@alpha.example', 3 + urlId / 10, click(urlId))),
  ...[120, 240, 360].map((seconds) =>
    spring('bounce', 'cy@beta.example', seconds, {
      ...{ bounce_kind: 'SoftBounce', bounce_category: 'Block bounce', bounce_type: 'delayed' },
      ...{ smtp_code: '554', smtp_reason: 'blocked for now' },
    }),
  ),
  spring('bounce', 'dee@beta.example', 90, {
    ...{ bounce_kind: 'HardBounce', bounce_category: 'Hard bounce - User Unknown', bounce_type: 'immediate' },
    ...{ smtp_code: '550', smtp_reason: 'no such user' },
  }),
  spring('open', 'eve', 4 * hour),
  spring('unsub', 'eve', 5 * hour, { list_id: 501, is_master_unsubscribed: true }),
  spring('forward', 'ann@alpha.example', 2 * hour),
  spring('forward_opt_in', 'ann@alpha.example', 3 * hour, { opt_in_subscriber_key: 'gus@beta.example' }),
  ...['Color?', 'Size?'].map((question) =>
    spring('survey', 'ann@alpha.example', 6 * hour, { question, answer: 'blue' }),
  ),
];

const autumnEvents: readonly TestEvent[] = [
  ...['ann@alpha.example', 'bob@alpha.example', 'cy@beta.example'].map((key) => autumn('sent', key, 0)),
  // 01:30 UTC on the 25th is 02:30 in Berlin for the second time; 22:30 UTC is 23:30 of the same day, of 25 hours.
  autumn('open', 'ann@alpha.example', 6.5 * hour),
  autumn('open', 'ann@alpha.example', 27.5 * hour),
  autumn('open', 'bob@alpha.example', 28.5 * hour),
  autumn('click', 'ann@alpha.example', 6.6 * hour, click(1)),
];

const triggeredEvents: readonly TestEvent[] = [
  ...[first('sent', 'ann@alpha.example', 0, { list_id: 600 }), first('open', 'ann@alpha.example', hour)],
  ...[
    second('sent', 'ann@alpha.example', 0, { list_id: 600 }),
    second('open', 'ann@alpha.example', 2 * hour),
  ],
  second('click', 'ann@alpha.example', 2 * hour + 60, click(1)),
  second('sent', 'eve', 1, { list_id: 600 }),
  republished('sent', 'bob@alpha.example', 0, { list_id: 600 }),
  republished('open', 'bob@alpha.example', 3 * hour),
];

const otherAccount: TestEvent = {
  ...{ type: 'sent', account_id: 2, job_id: 30, batch_id: 0, subscriber_key: 'ann@alpha.example' },
  ...{ occurred_at: '2026-06-01T09:00:00Z', list_id: 700, subscriber_id: 901 },
};

/** Fills a migrated database with the world and computes its rollups. */
export async function makeAnalystWorld(pool: Pool, timeZone = 'Europe/Berlin'): Promise<void> {
  await makeMonths(pool, '2026-03-01', '2026-11-01');
  await pool.query(dimensions);
  await pool.query('update bi.settings set time_zone = $1', [timeZone]);
  await loadEvents(pool, [...springEvents, ...autumnEvents, ...triggeredEvents, otherAccount]);
  await refreshRollups(pool, { waits: true });
}

const dimensions = `
  insert into pipeline.accounts (account_id) values (1), (2);
  insert into tracking.business_units (account_id, name) values (1, 'Shop'), (2, 'Press');
  insert into tracking.triggered_sends (account_id, triggered_send_id, customer_key, name, status)
  values (1, '${triggeredSendId}', 'welcome', 'Welcome mail', 'Active');
  insert into tracking.jobs
    (account_id, job_id, email_id, email_name, subject, from_name, from_address, status, is_triggered, triggered_send_id,
     created_at, scheduled_at, sent_at, number_targeted, number_sent, number_delivered, number_excluded, hard_bounces,
     soft_bounces, other_bounces, unique_opens, unique_clicks, unsubscribes, forwarded_emails, counters_at)
  values
    (1, 10, 7, 'Newsletter', 'Spring', 'Shop', 'shop@example.com', 'Complete', false, null,
     '2026-03-28T19:00Z', '2026-03-28T20:00Z', '2026-03-28T20:10Z', 6, 5, 3, 1, 1, 1, 0, 3, 2, 1, 1, '2026-05-01T00:00Z'),
    (1, 11, 7, 'Newsletter', 'Autumn', 'Shop', 'shop@example.com', 'Complete', false, null,
     '2026-10-24T18:00Z', '2026-10-24T19:00Z', '2026-10-24T19:10Z', 3, 3, 3, 0, 0, 0, 0, 2, 1, 0, 0, '2026-11-10T00:00Z'),
    (1, 20, 8, 'Welcome', 'Hello', 'Shop', 'shop@example.com', 'Complete', true, '${triggeredSendId}',
     '2026-06-01T07:00Z', '2026-06-01T08:00Z', null, 3, 3, 3, 0, 0, 0, 0, 1, 1, 0, 0, '2026-07-01T00:00Z'),
    (1, 21, 8, 'Welcome', 'Hello', 'Shop', 'shop@example.com', 'Complete', true, '${triggeredSendId}',
     '2026-06-10T07:00Z', '2026-06-10T08:00Z', null, 1, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, '2026-07-01T00:00Z'),
    (2, 30, 9, 'Press', 'News', 'Press', 'press@example.com', 'Complete', false, null,
     '2026-06-01T08:00Z', '2026-06-01T09:00Z', '2026-06-01T09:10Z', 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, '2026-07-01T00:00Z');
  insert into tracking.links (account_id, job_id, url_id, url, alias, total_clicks, unique_clicks, counters_at)
  select 1, 10, number, 'https://example.com/' || name || '?p=%%personal%%', name, (array[3, 2, 1, 1, 1])[number],
         (array[2, 2, 1, 1, 1])[number], '2026-05-01T00:00Z'
  from unnest(array['${linkNames.join("', '")}']) with ordinality as link (name, number);
  insert into tracking.lists (account_id, job_id, list_id, list_name, counters_at)
  values (1, 10, 500, 'Customers (old name)', '2026-05-01T00:00Z'), (1, 10, 501, 'Friends', '2026-05-01T00:00Z'),
         (1, 11, 500, 'Customers', '2026-11-10T00:00Z');`;
