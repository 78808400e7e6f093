import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCli } from '../../support/program/cli.ts';
import { hourMs } from '../../support/clock.ts';
import { extractFiles } from '../../../simulator/extract/extract-files.ts';
import { tablesWith } from '../../support/stored/tables-with.ts';
import { eventOf, listSend, openStage, type Stage, worldOf } from '../../support/simulator.ts';

const jobId = 870;
const secret = 'a secret of thirty-two characters or more';
const hashOf = (key: string) => createHmac('sha256', secret).update(key).digest('hex');
const anna = 'anna@example.com';
const occurredAt = Math.floor(Date.now() / 1000) * 1000 - hourMs;
const types = ['sent', 'open', 'click', 'bounce', 'forward_opt_in', 'survey'] as const;
// So long that no date and no hash has these digits by chance.
const subscriberId = 4_711_471_147_114_711;
const of = (changes = {}) => eventOf(jobId, { subscriberKey: anna, occurredAt, ...changes });
const world = () =>
  worldOf([
    listSend(jobId, {
      events: {
        sent: [of({ subscriberId, listId: 7 })],
        open: [of(), of({ raw: { BatchID: 'twelve' } })],
        click: [of({ urlId: 5, url: `https://example.com/?m=anna%40example.com&k=${anna}&x=1` })],
        bounce: [of({ properties: { EventType: 'HardBounce', SMTPReason: `550 no such user ${anna}` } })],
        forward_opt_in: [of({ properties: { OptInSubscriberKey: 'ben@example.com' } })],
        survey: [
          of({ properties: { Question: 'mail?', Answer: `mine is ${anna}, hers carla@example.com` } }),
        ],
      },
    }),
  ]);

let stage: Stage;
let env: Record<string, string>;
let folder: string;

async function open(): Promise<void> {
  stage = await openStage(world());
  env = {
    ...{ ...stage.env, EVENT_TYPES: types.join(',') },
    ...{ SUBSCRIBER_KEY_MODE: 'hmac', SUBSCRIBER_KEY_SECRET: secret },
  };
  folder = mkdtempSync(path.join(tmpdir(), 'sfmc-tracking-keys-'));
}

async function close(): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  await stage.close();
}

async function value(query: string): Promise<unknown> {
  const { rows } = await stage.pool.query<{ value: unknown }>(query);
  return rows.map((row) => row.value);
}

describe('subscriber keys that are hashed', () => {
  beforeEach(open);
  afterEach(close);

  it('stores hashes in place of keys, on every road, and forgets by the key as it is sent', async () => {
    await runCli(['sync'], env);
    for (const { name, content } of extractFiles(stage.world, {}, { details: true })) {
      const lines = content
        .toString('utf8')
        .replace(/\n([^\n]*)\n$/u, (line) => `${line}7000001,x,${anna},${anna},,,\n`);
      writeFileSync(path.join(folder, name), name === 'Opens.csv' ? lines : content);
    }
    await runCli(['import', '--tracking-extract', folder], { ...env, EXTRACT_DETAILS: 'on' });
    const details = 'select distinct subscriber_key as value from tracking.extract_details';
    expect(await value(details)).toEqual([hashOf(anna)]);
    expect(await value(`select city as value from bi.event_details where event_type = 'click'`)).toHaveLength(
      1,
    );
    for (const text of [anna, 'ben@example.com', 'carla@example.com', 'anna%40', String(subscriberId)])
      expect({ text, tables: await tablesWith(stage.pool, text) }).toEqual({ text, tables: [] });
    // The record that SOAP could not read is a second open of the file; all others are the same events.
    for (const type of types) {
      const keys = await value(`select subscriber_key as value from tracking.${type}_events`);
      expect({ type, keys }).toEqual({ type, keys: Array(type === 'open' ? 2 : 1).fill(hashOf(anna)) });
    }
    expect(await value('select opt_in_subscriber_key as value from tracking.forward_opt_in_events')).toEqual([
      hashOf('ben@example.com'),
    ]);
    expect(await value('select url as value from tracking.click_events')).toEqual([
      `https://example.com/?m=${hashOf(anna)}&k=${hashOf(anna)}&x=1`,
    ]);
    expect(await value('select answer as value from tracking.survey_events')).toEqual([
      `mine is ${hashOf(anna)}, hers [address]`,
    ]);
    expect(await value('select domain as value from bi.domain_deliverability')).toEqual(['not available']);
    expect(await value('select count(*)::int as value from pipeline.rejected_records')).toEqual([2]);

    await stage.pool.query(`update pipeline.rejected_records set record = replace(record, 'twelve', '1')`);
    await runCli(['rejected', 'replay'], env);
    expect(await value('select distinct subscriber_key as value from tracking.open_events')).toEqual([
      hashOf(anna),
    ]);

    const end = await runCli(['forget', '--subscriber', anna, '--json'], env);
    expect(end.code).toBe(0);
    expect(await value(details)).toEqual([]);
    expect(await tablesWith(stage.pool, hashOf(anna))).toEqual([]);
    await runCli(['sync'], env);
    expect(await tablesWith(stage.pool, hashOf(anna))).toEqual([]);
  });
});

describe('another mode or secret', () => {
  beforeEach(open);
  afterEach(close);

  const refusals = [
    {
      name: 'plain',
      changes: { SUBSCRIBER_KEY_MODE: 'plain', SUBSCRIBER_KEY_SECRET: '' },
      line: 'SUBSCRIBER_KEY_MODE is plain, but the database holds hashed subscriber keys: set it to hmac, or begin with an empty database',
    },
    {
      name: 'another secret',
      changes: { SUBSCRIBER_KEY_SECRET: 'another secret of thirty-two characters' },
      line: 'SUBSCRIBER_KEY_SECRET is not the one that the subscriber keys in the database were hashed with: set that one, or begin with an empty database',
    },
  ];
  it('is refused with one line while rows exist, by every command that writes, and accepted where there are none', async () => {
    const other = { ...env, SUBSCRIBER_KEY_SECRET: 'a first secret, before any row exists' };
    expect((await runCli(['forget', '--subscriber', ' '], other)).code).toBe(2);
    await runCli(['rejected', 'replay'], other);
    await runCli(['sync'], env);
    for (const { changes, line } of refusals) {
      for (const command of [['sync'], ['rejected', 'replay'], ['forget', '--subscriber', 'x']]) {
        const end = await runCli(command, { ...env, ...changes });
        expect({ command, code: end.code, line: end.stderr.trim() }).toEqual({
          ...{ command, code: 2 },
          line: `sfmc-tracking: ${line}`,
        });
      }
    }
    expect(await value('select count(*)::int as value from pipeline.forgotten_people')).toEqual([0]);
  });
});

describe('settings that do not agree', () => {
  beforeAll(open);
  afterAll(close);

  it.each([
    {
      changes: { SUBSCRIBER_KEY_SECRET: '' },
      line: 'SUBSCRIBER_KEY_SECRET is not set: a secret of at least 32 characters',
    },
    {
      changes: { SUBSCRIBER_KEY_SECRET: 'short' },
      line: 'SUBSCRIBER_KEY_SECRET is not accepted: a secret of at least 32 characters',
    },
    {
      changes: { SUBSCRIBER_KEY_MODE: '' },
      line: 'SUBSCRIBER_KEY_SECRET is set, but SUBSCRIBER_KEY_MODE is plain: set it to hmac, or remove the secret',
    },
    { changes: { SUBSCRIBER_KEY_MODE: 'sha' }, line: 'SUBSCRIBER_KEY_MODE is "sha": one of plain, hmac' },
  ])('names what is wrong with $changes in one line', async ({ changes, line }) => {
    const end = await runCli(['status'], { ...env, ...changes });
    expect({ code: end.code, line: end.stderr.trim() }).toEqual({ code: 2, line: `sfmc-tracking: ${line}` });
  });
});
