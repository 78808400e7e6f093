import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beginCli, runCli } from '../../support/program/cli.ts';
import { hourMs } from '../../support/clock.ts';
import { extractFiles } from '../../../simulator/extract/extract-files.ts';
import { eventOf, listSend, openStage, type Stage, untilHeld, worldOf } from '../../support/simulator.ts';
import { tablesWith } from '../../support/stored/tables-with.ts';
import { expectTablesEqualTruth } from '../../support/stored/truth.ts';

const jobId = 860;
const anna = 'anna@example.com';
// Within the overlap, so that each sync reads them again.
const occurredAt = Math.floor(Date.now() / 1000) * 1000 - hourMs;
const eventsOf = (subscriberKey: string, properties = {}) =>
  eventOf(jobId, {
    ...{ subscriberKey, occurredAt, urlId: 5, url: 'https://example.com/a' },
    properties: { EventType: 'HardBounce', IsMasterUnsubscribed: 'true', ...properties },
  });
const types = ['sent', 'open', 'click', 'bounce', 'unsub', 'not_sent', 'forward_opt_in'] as const;

function createWorld() {
  const events = Object.fromEntries(
    types.map((type) => [
      type,
      type === 'forward_opt_in'
        ? [
            eventsOf(anna, { OptInSubscriberKey: 'friend@example.com' }),
            eventsOf('ben@example.com', { OptInSubscriberKey: anna }),
            eventsOf('ben@example.com', { OptInSubscriberKey: 'carla@example.com' }),
          ]
        : [eventsOf(anna), eventsOf('ben@example.com')],
    ]),
  );
  const broken = { ...eventsOf(anna), raw: { BatchID: 'twelve' } };
  return worldOf([listSend(jobId, { events: { ...events, open: [...(events['open'] ?? []), broken] } })]);
}

let stage: Stage;
let env: Record<string, string>;

async function open(): Promise<void> {
  stage = await openStage(createWorld());
  env = { ...stage.env, EVENT_TYPES: types.join(',') };
}

const forget = (...options: string[]) => runCli(['forget', '--subscriber', anna, ...options], env);

async function monthOfDetails(): Promise<string> {
  const { rows } = await stage.pool.query<{ name: string }>(
    `select distinct tableoid::regclass::text as name from tracking.extract_details`,
  );
  return rows[0]?.name ?? '';
}

/** Tasks of events whose pages were requested before the person was forgotten. */
async function claimedTasks(): Promise<number> {
  const { rowCount } = await stage.pool.query(
    `select from pipeline.extract_tasks where kind = 'events' and state = 'running' and pages = 0`,
  );
  return rowCount ?? 0;
}

const expectOthersOnly = () =>
  expectTablesEqualTruth(stage.pool, stage.world, {
    types,
    expected: ({ subscriberKey, properties, raw }) =>
      subscriberKey !== anna && properties?.['OptInSubscriberKey'] !== anna && raw === undefined,
  });

describe('a person who is forgotten', () => {
  beforeEach(open);
  afterEach(() => stage.close());

  it('erases a person from every table, prints how many rows, and ends with 0 also where nothing is found', async () => {
    await runCli(['sync'], env);
    expect((await tablesWith(stage.pool, anna)).length).toBeGreaterThan(8);
    const end = await forget('--json');
    expect(end.code).toBe(0);
    expect(end.stdout + end.stderr).not.toContain(anna);
    const printed: unknown = JSON.parse(end.stdout);
    expect(printed).toMatchObject({
      erased: {
        ...{ 'tracking.sent_events': 1, 'tracking.open_events': 1, 'tracking.forward_opt_in_events': 2 },
        ...{ 'tracking.recipients': 1, 'tracking.subscribers': 1, 'pipeline.rejected_records': 1 },
      },
    });
    expect(await tablesWith(stage.pool, anna)).toEqual([]);
    await expectOthersOnly();
    const again = await forget();
    expect(again.code).toBe(0);
    expect(again.stdout).toContain('Nothing was found.');
  });

  it('keeps the person out of later overlaps, backfills, full re-reads, imports and replays', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'sfmc-tracking-forget-'));
    try {
      for (const { name, content } of extractFiles(stage.world, {}, { details: true }))
        writeFileSync(path.join(folder, name), content);
      const importing = () =>
        runCli(['import', '--tracking-extract', folder], { ...env, EXTRACT_DETAILS: 'on' });
      await runCli(['sync'], env);
      await importing();
      expect(await tablesWith(stage.pool, anna)).toContain(await monthOfDetails());
      await forget();
      await stage.pool.query('update pipeline.checkpoints set full_read_at = null');
      const from = new Date(occurredAt - 72 * hourMs).toISOString();
      for (const command of [
        ['sync'],
        ['backfill', '--from', from, '--to', new Date(occurredAt + 2 * hourMs).toISOString()],
      ])
        expect((await runCli(command, env)).code).toBe(0);
      expect((await importing()).code).toBe(0);
      await runCli(['rejected', 'replay'], env);
      expect(await tablesWith(stage.pool, anna)).toEqual([]);
      await expectOthersOnly();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('keeps the person out of a page that was requested before and commits after', async () => {
    let hold = stage.simulator.holdAfter(0);
    const sync = beginCli(['sync'], { ...env, CONCURRENCY_PER_ACCOUNT: '8' });
    await untilHeld(hold, sync);
    // The lists of the business unit are read first, one request after the other. A new hold lets the one through that waits,
    // and no page of events, which could be committed before the person is forgotten.
    while ((await claimedTasks()) === 0) {
      hold = stage.simulator.holdAfter(0);
      await untilHeld(hold, sync);
    }
    expect((await forget()).code).toBe(0);
    hold.release();
    expect((await sync.end).code).toBe(0);
    expect(await tablesWith(stage.pool, anna)).toEqual([]);
    await expectOthersOnly();
    const { rows } = await stage.pool.query<{ kept: number }>(
      'select sum(events)::int as kept from pipeline.forgotten_events',
    );
    expect(rows[0]?.kept).toBeGreaterThan(0);
  });

  it('does not miss the events of people who were forgotten', async () => {
    await runCli(['sync'], env);
    await forget();
    await stage.pool.query(
      `update tracking.jobs set number_sent = 2, counters_at = now() + interval '2 days', status = 'Complete'`,
    );
    await stage.pool.query(`update pipeline.checkpoints set watermark = now() + interval '2 days'`);
    const { rows } = await stage.pool.query(
      `select verdict, reason from bi.completeness where counter = 'number_sent'`,
    );
    expect(rows).toEqual([
      { verdict: 'within tolerance', reason: '1 missing, 1 were of people who were forgotten' },
    ]);
  });
});

describe('a command line that names nobody', () => {
  beforeAll(open);
  afterAll(() => stage.close());

  it.each([
    { options: [], line: '--subscriber is not given: the subscriber key of the person to forget' },
    {
      options: ['--subscriber', ' '],
      line: '--subscriber is not given: the subscriber key of the person to forget',
    },
  ])('refuses $options with one line', async ({ options, line }) => {
    const end = await runCli(['forget', ...options], env);
    expect(end).toMatchObject({ code: 2, stdout: '' });
    expect(end.stderr.trim()).toBe(`sfmc-tracking: ${line}`);
  });
});
