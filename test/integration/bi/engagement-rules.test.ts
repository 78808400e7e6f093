import { refreshRollups } from '../../../src/bi/refresh.ts';
import { openStore, type Store } from '../../support/stored/ledger.ts';
import { emptyRollupsAndEvents } from '../../support/analysts/rollups.ts';
import { loadEvents, makeMonths, type TestEvent } from '../../support/analysts/tracking-events.ts';

let store: Store;

beforeAll(async () => {
  store = await openStore();
  await makeMonths(store.pool, '2026-03-01', '2026-04-01');
});
afterEach(async () => {
  await emptyRollupsAndEvents(store.pool);
  await store.pool.query(
    `update bi.engagement_rules
     set enabled = rule not in ('two_links_at_once', 'domain_burst'),
         seconds = case when rule = 'click_soon_after_send' then 10 else seconds end`,
  );
});
afterAll(() => store.close());

const sentAt = Date.parse('2026-03-10T08:00:00Z');

function event(type: TestEvent['type'], key: string, secondsAfterSend: number, urlId?: number): TestEvent {
  return {
    ...{ type, account_id: 1, job_id: 42, batch_id: 0, subscriber_key: key },
    occurred_at: new Date(sentAt + secondsAfterSend * 1000).toISOString(),
    ...(urlId === undefined ? {} : { url_id: urlId, url: `https://example.com/${urlId}` }),
  };
}

async function haveLinks(count: number, aliases: Readonly<Record<number, string>> = {}): Promise<void> {
  for (let urlId = 1; urlId <= count; urlId += 1) {
    await store.pool.query(
      'insert into tracking.links (account_id, job_id, url_id, alias) values (1, 42, $1, $2)',
      [urlId, aliases[urlId] ?? `link ${urlId}`],
    );
  }
}

/** Each flagged event as `person type seconds link: reasons`. */
async function flagged(events: readonly TestEvent[]): Promise<string[]> {
  await loadEvents(store.pool, events);
  await refreshRollups(store.pool, { waits: true });
  const { rows } = await store.pool.query<{ line: string }>(
    `select concat_ws(' ', subscriber_key, event_type, round(extract(epoch from occurred_at) - $1, 1), url_id || ':',
                      array_to_string(reasons, ', ')) as line
     from tracking.machine_events order by subscriber_key, event_type, occurred_at, url_id`,
    [sentAt / 1000],
  );
  return rows.map(({ line }) => line);
}

const links = [1, 2, 3, 4, 5, 6];

it('finds a scanner that follows every link while the message is delivered, with every rule it meets', async () => {
  await haveLinks(6);
  const found = await flagged([
    event('sent', 'scanned', 0),
    ...links.map((urlId) => event('click', 'scanned', 3 + urlId / 10, urlId)),
    event('click', 'scanned', 7200, 2),
  ]);
  expect(found).toEqual(
    links.map(
      (urlId) =>
        `scanned click ${3 + urlId / 10} ${urlId}: click_soon_after_send, every_link_clicked, many_links_at_once`,
    ),
  );
  const { rows } = await store.pool.query(
    `select clicks, human_clicks, first_human_click_at from tracking.recipients`,
  );
  expect(rows).toEqual([{ clicks: 7, human_clicks: 1, first_human_click_at: new Date(sentAt + 7_200_000) }]);
});

it('finds a sandbox that follows the links twenty minutes later, and a slow one within a minute', async () => {
  await haveLinks(6);
  const found = await flagged([
    ...['sandbox', 'slow'].map((key) => event('sent', key, 0)),
    ...links.map((urlId) => event('click', 'sandbox', 1200 + urlId / 2, urlId)),
    ...links.slice(0, 5).map((urlId) => event('click', 'slow', 3600 + urlId * 10, urlId)),
  ]);
  expect(found.map((line) => line.split(': ')[1])).toEqual([
    ...links.map(() => 'every_link_clicked, many_links_at_once'),
    ...links.slice(0, 5).map(() => 'every_link_clicked'),
  ]);
});

it('takes people for people: two links in a second, one link many times, all links over an afternoon', async () => {
  await haveLinks(6);
  const found = await flagged([
    ...['double-tap', 'eager', 'reader'].map((key) => event('sent', key, 0)),
    ...[1, 2].map((urlId) => event('click', 'double-tap', 600 + urlId / 4, urlId)),
    ...links.map((seconds) => event('click', 'eager', 900 + seconds / 10, 1)),
    ...links.map((urlId) => event('click', 'reader', 1000 * urlId, urlId)),
  ]);
  expect(found).toEqual([]);
});

it('does not carry a walk over to clicks before and after its span', async () => {
  await haveLinks(20);
  const found = await flagged([
    event('sent', 'anna', 0),
    ...[1, 2, 3].map((urlId) => event('click', 'anna', 100 + urlId, urlId)),
    event('click', 'anna', 100, 9),
    event('click', 'anna', 103.5, 10),
    event('click', 'anna', 106, 11),
  ]);
  // From 100 to 102 and from 101 to 103 and from 102 to 104 there are three links each; 106 is near none.
  expect(found.map((line) => line.split(' ')[2])).toEqual(['100.0', '101.0', '102.0', '103.0', '103.5']);
});

it('finds opens while the message is delivered; an open of a privacy proxy hours later looks like any other', async () => {
  const found = await flagged([
    event('sent', 'anna', 0),
    event('open', 'anna', 4),
    event('open', 'anna', 10),
    event('open', 'anna', 10.1),
    event('open', 'anna', 14_400),
    event('open', 'unsent', 4),
  ]);
  expect(found).toEqual(['anna open 4.0 open_soon_after_send', 'anna open 10.0 open_soon_after_send']);
});

it('marks what a person clicked within a minute of a link that nobody can see', async () => {
  await haveLinks(3, { 3: 'Honeypot (hidden)' });
  const found = await flagged([
    event('sent', 'anna', 0),
    ...[
      [500, 1],
      [540, 3],
      [599, 2],
      [601, 1],
    ].map(([seconds = 0, urlId]) => event('click', 'anna', seconds, urlId)),
  ]);
  expect(found.map((line) => line.split(' ').slice(2).join(' '))).toEqual([
    '500.0 1: honeypot_link',
    '540.0 3: honeypot_link',
    '599.0 2: honeypot_link',
  ]);
});

it('finds a gateway that opens for everybody at a domain, where that rule is switched on', async () => {
  const crowd = [1, 2, 3, 4, 5].map((number) => `p${number}@gate.example`);
  const others = ['a@home.example', 'b@home.example'];
  const events = [
    ...[...crowd, ...others].map((key) => event('sent', key, 0)),
    ...crowd.map((key, index) => event('open', key, 300 + index)),
    ...others.map((key) => event('open', key, 300)),
    event('open', 'p1@gate.example', 900),
  ];
  expect(await flagged(events)).toEqual([]);
  await store.pool.query(`update bi.engagement_rules set enabled = true where rule = 'domain_burst'`);
  expect(await flagged([])).toEqual(crowd.map((key, index) => `${key} open ${300 + index}.0 domain_burst`));
});

it('applies a changed threshold to what is there already', async () => {
  const events = [event('sent', 'anna', 0), event('click', 'anna', 30, 1)];
  expect(await flagged(events)).toEqual([]);
  await store.pool.query(`update bi.engagement_rules set seconds = 60 where rule = 'click_soon_after_send'`);
  expect(await flagged([])).toEqual(['anna click 30.0 1: click_soon_after_send']);
});

it('counts with the links that become known later', async () => {
  const events = [
    event('sent', 'anna', 0),
    ...links.map((urlId) => event('click', 'anna', 600 + urlId * 5, urlId)),
  ];
  expect(await flagged(events)).toEqual([]);
  await haveLinks(7);
  expect(await flagged([])).toHaveLength(6);
});
