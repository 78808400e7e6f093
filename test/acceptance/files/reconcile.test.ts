import { runCli, summaryOf } from '../../support/program/cli.ts';
import { dayMs } from '../../support/clock.ts';
import { accountId, eventOf, listSend, openStage, type Stage, worldOf } from '../../support/simulator.ts';

const lostJob = 300;
const withheldJob = 301;
const doubledJob = 302;
const generatedJob = 303;
let stage: Stage;

beforeAll(async () => {
  const createdAt = new Date(Math.floor(Date.now() / 1000) * 1000 - 20 * dayMs);
  const sentAt = new Date(createdAt.getTime() + 60_000);
  const people = Array.from({ length: 20 }, (_, number) => `person${number}@example.com`);
  const eventsOf = (jobId: number) => ({
    sent: people.map((subscriberKey) =>
      eventOf(jobId, { subscriberKey, occurredAt: createdAt.getTime(), listId: 5 }),
    ),
    open: people.map((subscriberKey) =>
      eventOf(jobId, { subscriberKey, occurredAt: sentAt.getTime() + dayMs }),
    ),
  });
  const jobs = [lostJob, withheldJob, doubledJob].map((jobId) =>
    listSend(jobId, { createdAt, sentAt, scheduledAt: createdAt, events: eventsOf(jobId) }),
  );
  const counts = {
    ...{ sent: 800, open: 400, click: 200, bounce: 30, unsub: 8 },
    ...{ not_sent: 20, forward: 6, forward_opt_in: 2, survey: 5 },
  };
  const lastEventAt = new Date(createdAt.getTime() + 10 * dayMs);
  // Each hundredth click equals the one before it in every field.
  const generated = listSend(generatedJob, { createdAt, sentAt, counts, lastEventAt, equalEvery: 100 });
  stage = await openStage(worldOf([...jobs, generated]));
  stage.world.changeDelivery(accountId, withheldJob, { withheld: { every: 5, types: ['sent', 'open'] } });
  // Every fourth message twice, a second apart: two events. At the same instant they would be one row.
  stage.world.changeDelivery(accountId, doubledJob, {
    doubled: { every: 4, types: ['sent'], laterByMs: 1000 },
  });
});
afterAll(() => stage.close());

async function fullRereads(): Promise<string[]> {
  const { rows } = await stage.pool.query<{ line: string }>(
    `select concat_ws(' ', job_id, event_type, state) as line from pipeline.extract_tasks
     where origin = 'full_reread' and parent_id is null order by id`,
  );
  return rows.map(({ line }) => line);
}

async function sync() {
  return summaryOf(await runCli(['sync', '--json'], stage.env));
}

async function reconcile(jobId: number) {
  const { code, stdout } = await runCli(['reconcile', '--jobs', String(jobId)], stage.env);
  return { code, text: stdout };
}

it('finds nothing missing of a job with all event types, and events that cannot be told apart', async () => {
  const env = { ...stage.env, EVENT_TYPES: 'all' };
  expect(summaryOf(await runCli(['sync', '--json'], env)).outcome).toBe('completed');
  const { code, text } = await reconcile(generatedJob);
  expect(code).toBe(0);
  expect(text).toMatch(/^12 counters: /u);
  expect(text).not.toMatch(/too early|ahead/u);
  expect(text).toMatch(
    /link_total_clicks +200 +198 +indistinguishable +events that are equal in every field are one row/u,
  );
});

it('finds events that were lost, and the next sync brings them back by one full re-read', async () => {
  expect((await sync()).outcome).toBe('completed');
  expect((await reconcile(lostJob)).code).toBe(0);
  const before = await fullRereads();

  await stage.pool.query(
    `with lost as (
       delete from tracking.open_events where job_id = $1 and subscriber_key like 'person1%' returning occurred_at)
     insert into pipeline.rollup_changes (account_id, event_type, job_id, first_at, last_at)
     select distinct account_id, 'all', $1::bigint, '-infinity'::timestamptz, 'infinity'::timestamptz
     from tracking.jobs where job_id = $1`,
    [lostJob],
  );
  const deficit = await reconcile(lostJob);
  expect(deficit.code).toBe(1);
  expect(deficit.text).toMatch(
    /Example \(7000001\) +300 +unique_opens +20 +9 +source ahead +11 missing, 3 accepted: a full re-read of the job is due with the next sync/u,
  );

  expect((await sync()).events['open']?.inserted).toBe(11);
  expect((await fullRereads()).slice(before.length)).toContain(`${lostJob} open done`);
  expect((await reconcile(lostJob)).code).toBe(0);
});

it('says that a full re-read brought no more where Marketing Cloud withholds events, and reads once', async () => {
  const remaining = await reconcile(withheldJob);
  expect(remaining.code).toBe(1);
  expect(remaining.text).toMatch(
    /301 +number_sent +20 +16 +source ahead +4 missing, 0 accepted: a full re-read of the job, planned at .* brought no more/u,
  );
  const before = await fullRereads();
  await sync();
  expect(await fullRereads()).toEqual(before);
});

it('is satisfied once a backfill has brought what Marketing Cloud returns after all', async () => {
  stage.world.changeDelivery(accountId, withheldJob);
  const from = new Date(Date.now() - 30 * dayMs).toISOString();
  const range = ['--from', from, '--to', new Date().toISOString(), '--jobs', String(withheldJob)];
  const backfill = summaryOf(await runCli(['backfill', ...range, '--json'], stage.env));
  expect(backfill.events['sent']?.inserted).toBe(4);
  expect((await reconcile(withheldJob)).code).toBe(0);
});

it('shows what was sent twice, and changes nothing about it', async () => {
  const doubled = await reconcile(doubledJob);
  expect(doubled.code).toBe(0);
  expect(doubled.text).toMatch(/302 +number_sent +20 +25 +loaded ahead +5 more than the counter/u);
  expect(await fullRereads()).not.toContain(`${doubledJob} sent done`);
});
