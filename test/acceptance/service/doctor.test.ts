import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import type { SimulatorOptions } from '../../../simulator/http/server.ts';
import { type CliEnd, runCli } from '../../support/program/cli.ts';
import { createEmptyDatabase } from '../../support/postgres/database.ts';
import {
  accountId,
  listSend,
  openStage,
  otherAccountId,
  type Stage,
  worldOf,
} from '../../support/simulator.ts';

const counts = { sent: 12, open: 6, click: 4, bounce: 2 };
const world = worldOf([listSend(501, { counts }), listSend(502, { accountId: otherAccountId, counts })]);
let stage: Stage;

afterEach(() => stage.close());

async function open(options: SimulatorOptions = {}): Promise<void> {
  stage = await openStage(world, options);
}

const reportSchema = z.object({
  checks: z.array(
    z.object({
      check: z.string(),
      accountId: z.number().nullable(),
      businessUnit: z.string().nullable(),
      outcome: z.enum(['ok', 'note', 'failed', 'not checked']),
      result: z.string(),
      nextStep: z.string().nullable(),
    }),
  ),
  failed: z.number(),
});

function reportOf({ stdout, stderr }: CliEnd) {
  try {
    return reportSchema.parse(JSON.parse(stdout));
  } catch (error) {
    throw new Error(`no report\n${stdout}\n${stderr}`, { cause: error });
  }
}

async function examine(changes: Readonly<Record<string, string>> = {}) {
  const end = await runCli(['doctor', '--json'], { ...stage.env, EVENT_TYPES: 'all', ...changes });
  const { checks, failed } = reportOf(end);
  const failures = checks.filter(({ outcome }) => outcome === 'failed');
  expect(end.code).toBe(failed > 0 ? 1 : 0);
  expect(failures).toHaveLength(failed);
  return { checks, failures };
}

/** Rows of every table of ours, and of the queue. */
async function rowsOfAllTables(): Promise<Record<string, number>> {
  const { rows } = await stage.pool.query<{ name: string; count: number }>(
    `select format('%I.%I', schemaname, tablename) as name,
            (xpath('/row/c/text()', query_to_xml(format('select count(*) as c from %I.%I', schemaname, tablename),
             false, true, '')))[1]::text::int as count
     from pg_tables where schemaname not in ('pg_catalog', 'information_schema') order by 1`,
  );
  return Object.fromEntries(rows.map(({ name, count }) => [name, count]));
}

async function storedProbes(): Promise<Record<number, boolean | null>> {
  const { rows } = await stage.pool.query<{ account_id: number; is_cursor_replayable: boolean | null }>(
    'select account_id, is_cursor_replayable from pipeline.accounts where cursor_probed_at is not null',
  );
  return Object.fromEntries(rows.map((row) => [row.account_id, row.is_cursor_replayable]));
}

describe('doctor', () => {
  it('checks everything that a sync needs, for each business unit, and leaves only the paging probe and the count of its requests behind', async () => {
    await open({ requestIds: 'new', resentContinue: 'repeats' });
    const before = await rowsOfAllTables();
    const { checks, failures } = await examine();

    expect(failures).toEqual([]);
    expect(checks.filter(({ accountId: id }) => id === null).map(({ check }) => check)).toEqual([
      ...[
        'settings',
        'retention',
        'database connection',
        'database',
        'database rights',
        'database write speed',
      ],
      ...[
        'database free room',
        'schema',
        'queue schema',
        'proxy',
        'address 127.0.0.1',
        'certificate 127.0.0.1',
      ],
    ]);
    const ofAccount = (id: number) => checks.filter((one) => one.accountId === id).map(({ check }) => check);
    expect(ofAccount(accountId)).toEqual([
      ...['credentials', 'system status', 'business unit'],
      ...['sent', 'open', 'click', 'bounce', 'unsub', 'not_sent', 'forward', 'forward_opt_in', 'survey'].map(
        (name) => `permission ${name}`,
      ),
      ...['triggered_send', 'link', 'list', 'triggered_send_summary', 'business_unit'].map(
        (name) => `permission ${name}`,
      ),
      ...['clocks', 'filter by date alone', 'filter by a list of jobs', 'paging'],
    ]);
    expect(ofAccount(otherAccountId)).toEqual(ofAccount(accountId));
    const after = await rowsOfAllTables();
    expect({ ...after, 'pipeline.request_days': 0 }).toEqual({ ...before, 'pipeline.accounts': 2 });
    const { rows } = await stage.pool.query<{ requests: number }>(
      'select sum(requests)::int as requests from pipeline.request_days',
    );
    expect(rows).toEqual([{ requests: stage.simulator.requests.length }]);
    expect(await storedProbes()).toEqual({ [accountId]: true, [otherAccountId]: true });
  });

  it.each([
    ['skips a page', { requestIds: 'new', resentContinue: 'skips' }],
    ['is refused', { requestIds: 'new', resentContinue: 'fails' }],
    ['has the same RequestID on every page', { requestIds: 'same' }],
  ] as const)('stores that windows cannot go on where a repeated continue request %s', async (_, options) => {
    await open(options);
    await examine();
    expect(await storedProbes()).toEqual({ [accountId]: false, [otherAccountId]: false });
  });

  it('names the scope that is missing, and goes on', async () => {
    await open();
    const text = 'Error: API Permission Failed. Please check the permissions of the user.';
    stage.simulator.setFaults([
      { match: { objectType: 'ClickEvent' }, times: -1, fault: { kind: 'error', text } },
    ]);
    const { failures, checks } = await examine({ SFMC_ACCOUNT_IDS: String(accountId) });
    expect(failures).toMatchObject([{ check: 'permission click' }]);
    expect(failures[0]?.nextStep).toContain('tracking_events_read');
    expect(checks.at(-1)?.check).toBe('paging');
  });

  it('prints one line for each check, with the next step of what failed, and no stack', async () => {
    await open();
    const secret = 'not-the-secret-of-this-package';
    const end = await runCli(['doctor'], { ...stage.env, SFMC_CLIENT_SECRET: secret });
    expect(end.code).toBe(1);
    expect(end.stdout).toMatch(/^FAILED +credentials \(7000001\): .*SFMC_CLIENT_SECRET.* -> \S+/mu);
    expect(end.stdout).toMatch(/^ok +schema: up to date/mu);
    expect(end.stdout).toMatch(/^\d+ checks, 2 failed$/mu);
    expect(`${end.stdout}${end.stderr}`).not.toMatch(/not-the-secret|^\s+at /mu);
  });

  it('examines all that does not depend on a setting that is wrong, each of which is named in one line', async () => {
    await open();
    const env = { SHUTDOWN_SECONDS: '-1', LOG_LEVEL: 'loud', SYNC_SCHEDULE: '99 2 * * *' };
    const { failures, checks } = await examine({ ...env, SFMC_ACCOUNT_IDS: String(accountId) });
    expect(failures).toMatchObject([{ check: 'settings' }]);
    expect(failures[0]?.result).toMatch(
      /^SHUTDOWN_SECONDS is "-1": [^\n]*; LOG_LEVEL is "loud": [^\n]*; SYNC_SCHEDULE is [^\n]*$/u,
    );
    expect(checks.map(({ check }) => check)).toEqual(
      expect.arrayContaining(['database write speed', 'credentials', 'paging']),
    );
  });

  it('names business units whose name is known', async () => {
    await open();
    const env = { ...stage.env, SFMC_ACCOUNT_IDS: String(accountId) };
    expect((await runCli(['sync'], env)).code).toBe(0);
    expect((await runCli(['doctor'], env)).stdout).toMatch(/^ok +credentials, Example \(7000001\): /mu);
  });

  it('names every wrong setting in one line, and checks the database all the same', async () => {
    await open();
    const { failures, checks } = await examine({ SFMC_CLIENT_ID: '', SFMC_CLIENT_SECRET: '' });
    expect(failures).toMatchObject([{ check: 'settings' }]);
    expect(failures[0]?.result).toMatch(/SFMC_CLIENT_ID is not set.*SFMC_CLIENT_SECRET is not set/u);
    expect(checks.at(-1)?.check).toBe('queue schema');
  });

  it('sends nothing but the status call while Marketing Cloud is in maintenance', async () => {
    await open();
    stage.simulator.setSystemStatus('InMaintenance');
    const { failures } = await examine({ SFMC_ACCOUNT_IDS: String(accountId) });
    expect(failures).toMatchObject([{ check: 'system status' }]);
    expect(stage.simulator.requests.map(({ operation }) => operation)).toEqual(['token', 'GetSystemStatus']);
  });

  it('says where the schema is not there, and creates none', async () => {
    await open();
    const empty = await createEmptyDatabase();
    try {
      const { failures } = await examine({ DATABASE_URL: empty.url, SFMC_ACCOUNT_IDS: String(accountId) });
      expect(failures).toMatchObject([{ check: 'schema' }]);
      expect(failures[0]?.result).toContain('migrate');
      const again = await examine({ DATABASE_URL: empty.url, SFMC_ACCOUNT_IDS: String(accountId) });
      expect(again.failures).toEqual(failures);
    } finally {
      await empty.drop();
    }
  });

  it('goes on to Marketing Cloud where the database cannot be reached', async () => {
    await open();
    const DATABASE_URL = 'postgres://reader:secret-word@127.0.0.1:1/none';
    const { failures, checks } = await examine({ DATABASE_URL, SFMC_ACCOUNT_IDS: String(accountId) });
    expect(failures).toMatchObject([{ check: 'database connection' }]);
    expect(checks.at(-1)).toMatchObject({ check: 'paging', outcome: 'ok' });
    expect(JSON.stringify(checks)).not.toContain('secret-word');
  });

  it('records each response without token, person or id', async () => {
    await open();
    const folder = mkdtempSync(path.join(tmpdir(), 'sfmc-tracking-doctor-'));
    const dir = path.join(folder, 'responses');
    try {
      const end = await runCli(['doctor', '--record', dir], { ...stage.env, EVENT_TYPES: 'all' });
      expect(end.code).toBe(0);
      const files = readdirSync(dir);
      expect(files).toHaveLength(stage.simulator.requests.length + 1);
      const text = files.map((file) => readFileSync(path.join(dir, file), 'utf8')).join('\n');
      const people = [...world.events('sent')].map(({ subscriberKey }) => subscriberKey ?? 'true');
      // A key of three digits may be part of a pseudonym; it is looked for as a value. One that is the word `true` stays.
      for (const person of new Set(people)) if (person !== 'true') expect(text).not.toContain(`>${person}<`);
      expect(text).not.toMatch(/@example|700000\d|>50[12]</u);
      expect(text).toContain('<EventDate>');
      expect(text).toContain('MoreDataAvailable');
      expect(readFileSync(path.join(dir, 'README.md'), 'utf8')).toContain(
        'Has each page a RequestID of its own?',
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('records into an empty folder only', async () => {
    await open();
    const end = await runCli(['doctor', '--record', import.meta.dirname], stage.env);
    expect(end.code).toBe(2);
    expect(end.stderr).toMatch(/--record is .*: a folder that is empty/u);
  });
});
