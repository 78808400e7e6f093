import { runCli, summaryOf } from '../../support/program/cli.ts';
import { dayMs } from '../../support/clock.ts';
import { listSend, openStage, type Stage, worldOf } from '../../support/simulator.ts';

let stage: Stage;

beforeAll(async () => {
  const sentAt = new Date(Math.floor(Date.now() / 1000) * 1000 - 5 * dayMs);
  const job = { createdAt: new Date(sentAt.getTime() - dayMs), scheduledAt: sentAt, sentAt };
  const machines = { scanners: 0.05, sandboxes: 0.03, privacyOpens: 0.1, doubleTaps: 0.5 };
  stage = await openStage(
    worldOf([listSend(300, { ...job, counts: { sent: 1500, open: 500, click: 200, bounce: 20 }, machines })]),
  );
  const end = await runCli(['sync', '--json'], stage.env);
  expect(summaryOf(end).outcome).toBe('completed');
});
afterAll(() => stage.close());

interface Flagged {
  readonly all: number;
  readonly flagged: number;
}

/** Of the events that the simulator made for a reason, how many there are and how many met a rule. */
async function flaggedOf(type: 'open' | 'click', origin: string | undefined): Promise<Flagged> {
  const { rows } = await stage.pool.query<{ key: string }>(
    `select concat_ws('/', subscriber_key, (extract(epoch from occurred_at) * 1000)::bigint, url_id) as key
     from tracking.machine_events where event_type = $1`,
    [type],
  );
  const found = new Set(rows.map(({ key }) => key));
  const events = [...stage.world.events(type)].filter((event) => event.origin === origin);
  const keys = events.map(({ subscriberKey, occurredAt, urlId }) =>
    [subscriberKey, occurredAt, urlId].filter((part) => part !== null).join('/'),
  );
  return { all: keys.length, flagged: keys.filter((key) => found.has(key)).length };
}

it.each(['scanner', 'sandbox'])('every click of a %s is found', async (origin) => {
  const { all, flagged } = await flaggedOf('click', origin);
  expect(all).toBeGreaterThan(50);
  expect(flagged).toBe(all);
});

it('every open of a scanner is found', async () => {
  const { all, flagged } = await flaggedOf('open', 'scanner');
  expect(all).toBeGreaterThan(10);
  expect(flagged).toBe(all);
});

it('no double tap of a person is taken for a machine', async () => {
  const { all, flagged } = await flaggedOf('click', 'double-tap');
  expect(all).toBeGreaterThan(20);
  expect(flagged).toBe(0);
});

it('opens of privacy proxies cannot be seen, as the comment of the view says', async () => {
  const { all, flagged } = await flaggedOf('open', 'privacy');
  expect(all).toBeGreaterThan(50);
  expect(flagged).toBeLessThan(all / 10);
  const { rows } = await stage.pool.query<{ about: string }>(
    `select obj_description('bi.machine_engagement'::regclass, 'pg_class') as about`,
  );
  expect(rows[0]?.about).toContain('What cannot be seen: opens that privacy proxies load');
});

it('machine_engagement has people, machines and their sum', async () => {
  const { rows } = await stage.pool.query<{ isSum: boolean; events: number; machines: number }>(
    `select event_type, human_events + machine_events = events as "isSum", events, machine_events as machines
     from bi.machine_engagement order by event_type`,
  );
  const counts = {
    click: [...stage.world.events('click')].length,
    open: [...stage.world.events('open')].length,
  };
  expect(rows).toMatchObject([
    { event_type: 'click', isSum: true, events: counts.click },
    { event_type: 'open', isSum: true, events: counts.open },
  ]);
});
