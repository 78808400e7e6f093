import fs from 'node:fs';
import path from 'node:path';
import type { ArchiveForm } from '../../../simulator/extract/extract-service.ts';
import { beginCli, type CliEnd, runCli, startCli } from '../../support/program/cli.ts';
import { ago, dayMs, eventually } from '../../support/clock.ts';
import {
  type ExtractStage,
  openExtractStage,
  rangeOf,
  withoutImportLines,
} from '../../support/extract-stage.ts';
import { listSend, worldOf } from '../../support/simulator.ts';
import { type SshServer, startSshd } from '../../support/outside/sshd.ts';
import { findSystemProgram } from '../../support/outside/system-program.ts';
import { expectTablesEqualTruth } from '../../support/stored/truth.ts';

const sshd = findSystemProgram('sshd');
const describeWithSshd = sshd === undefined ? describe.skip : describe;

const old = ago(40 * dayMs);
const world = worldOf([
  listSend(901, { counts: { sent: 300, open: 200, click: 100, bounce: 10, unsub: 5, not_sent: 8 } }),
  listSend(902, { createdAt: old, sentAt: old, counts: { sent: 150, open: 60 } }),
]);

describeWithSshd('extract, with an OpenSSH server', () => {
  let server: SshServer;
  let stage: ExtractStage;

  beforeAll(async () => {
    server = await startSshd(sshd ?? '');
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    stage = await openExtractStage(server, world);
  });
  afterEach(() => stage.close());

  const command = (...options: string[]) => ['extract', ...rangeOf(60), ...options];
  const extract = (options: string[] = [], env: Readonly<Record<string, string>> = {}): Promise<CliEnd> =>
    runCli(command(...options), { ...stage.env, ...env });
  const here = () => fs.readdirSync(path.join(stage.dataDir, 'extracts'));
  const there = () => fs.readdirSync(stage.server.folder);

  async function states(): Promise<string[]> {
    const { rows } = await stage.pool.query<{ state: string }>(
      'select state from pipeline.extract_requests order by request_id',
    );
    return rows.map(({ state }) => state);
  }

  async function expectAllLoaded(): Promise<void> {
    await expectTablesEqualTruth(stage.pool, world, { types: ['open', 'click'] });
    const { rows } = await stage.pool.query('select count(*)::int as sent from tracking.sent_events');
    expect(rows).toEqual([{ sent: 450 }]);
  }

  it('requests at most 30 days each, fetches and imports them, and puts the files away as told', async () => {
    const end = await extract(['--delete-remote'], { EVENT_TYPES: 'all' });
    expect({ code: end.code, stderr: withoutImportLines(end.stderr) }).toEqual({
      code: 0,
      stderr: [
        'not in extracts: forward, forward_opt_in, survey; a backfill reads them',
        'Clicks.csv: columns not used: Alias',
        'Unsubs.csv: columns that are kept with EXTRACT_DETAILS=on: UnsubReason',
        'NotSent.csv: columns that are kept with EXTRACT_DETAILS=on: Reason\n',
      ].join('\n'),
    });
    await expectAllLoaded();
    const { accepted } = stage.simulator.extracts;
    expect(accepted.map((one) => one.get('StartDate'))).toHaveLength(3);
    expect([here(), there()]).toEqual([[], []]);
    expect(await states()).toEqual(['done', 'done', 'done']);
    const { rows } = await stage.pool.query(`select count(*)::int as jobs from tracking.job_totals`);
    expect(rows).toEqual([{ jobs: 2 }]);
  });

  it('leaves the archives where they are, unless told, and given again requests anew and adds nothing', async () => {
    expect((await extract(['--keep-files', '--events', 'open,click'])).code).toBe(0);
    expect(here()).toEqual(there().toSorted());
    expect(fs.statSync(path.join(stage.dataDir, 'extracts')).mode & 0o777).toBe(0o700);
    const again = await extract(['--events', 'open,click', '--jobs', '901', '--json']);
    expect(again.stdout).toMatch(/"outcome":"completed"/u);
    expect(again.stdout).not.toMatch(/"inserted":[1-9]/u);
    expect(stage.simulator.extracts.accepted.map((one) => one.get('SendIDs'))).toEqual([
      '',
      '',
      '',
      ...['901', '901', '901'],
    ]);
    await expectTablesEqualTruth(stage.pool, world, { types: ['open', 'click'] });
  });

  it('and a sync are the same events, whichever came first', async () => {
    const onlyOpens = ['--events', 'sent,open,click'];
    expect((await extract(onlyOpens)).code).toBe(0);
    expect((await runCli(['sync'], stage.env)).code).toBe(0);
    await expectTablesEqualTruth(stage.pool, world);
    expect((await extract(onlyOpens)).code).toBe(0);
    await expectTablesEqualTruth(stage.pool, world);
    expect((await runCli(['rollups', 'check'], stage.env)).code).toBe(0);
  });

  it.each(['before the response', 'while it waits', 'while it imports', 'before the files are put away'])(
    'killed %s, the same command goes on, and each event is there once',
    async (moment) => {
      const { extracts } = stage.simulator;
      if (moment === 'before the response')
        stage.simulator.setFaults([{ match: { operation: 'Extract' }, times: 1, fault: { kind: 'hang' } }]);
      if (moment === 'while it waits') extracts.change('held');
      await stage.pool.query(trapOf(moment));
      const running = startCli(command('--delete-remote'), stage.env);
      await eventually(moment, async () => (await isReached(moment)) || undefined);
      running.signal('SIGKILL');
      await running.end;
      await stage.pool.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`,
      );
      await stage.pool.query(`drop trigger if exists trap on pipeline.imported_files;
        drop trigger if exists trap on pipeline.extract_requests`);
      extracts.change('written');
      extracts.release();
      const end = await extract(['--delete-remote']);
      expect({ code: end.code, stderr: end.stderr }).toMatchObject({ code: 0 });
      await expectAllLoaded();
      expect(await states()).toEqual(['done', 'done', 'done']);
      expect([here(), there()]).toEqual([[], []]);
    },
  );

  /** Stops the command in the statement that a moment is at. */
  function trapOf(moment: string): string {
    const [table, condition] =
      moment === 'while it imports'
        ? ['imported_files', `new.state = 'merging'`]
        : ['extract_requests', moment === 'before the files are put away' ? `new.state = 'done'` : 'false'];
    return `create function pipeline.trap() returns trigger language plpgsql as
      'begin perform pg_sleep(600); return new; end';
      create trigger trap before update on pipeline.${table} for each row when (${condition})
      execute function pipeline.trap()`;
  }

  async function isReached(moment: string): Promise<boolean> {
    if (moment === 'while it waits') return stage.simulator.extracts.accepted.length === 3;
    if (moment === 'before the response')
      return stage.simulator.requests.some(({ operation }) => operation === 'Extract');
    const { rowCount } = await stage.pool.query(
      `select from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`,
    );
    return rowCount === 1;
  }

  it('waits for a file that is still being written, and takes it when it is whole', async () => {
    const { extracts } = stage.simulator;
    extracts.change('growing');
    const running = beginCli(command('--wait', '60'), { ...stage.env, RETRY_BASE_MS: '1000' });
    await eventually('three files', () => there().length === 3);
    const before = stage.server.signIns();
    await eventually('two looks at them', () => stage.server.signIns() >= before + 2);
    extracts.release();
    expect((await running.end).code).toBe(0);
    await expectAllLoaded();
  });

  it.each<[string, ArchiveForm]>([
    [
      'a folder inside, no milliseconds, BatchID 0',
      { within: 'extract/', milliseconds: false, listBatchId: 0 },
    ],
    ['UTF-16, tabs, all quoted', { encoding: 'utf-16le', delimiter: '\t', quotesAll: true, listBatchId: 1 }],
    [
      'pipes, a byte order mark, lower case',
      { encoding: 'utf-8-bom', delimiter: '|', lowerCase: true, listBatchId: 0 },
    ],
  ])('takes archives as accounts have them: %s', async (_, form) => {
    await stage.close();
    stage = await openExtractStage(server, world, { forms: [form] });
    expect((await extract()).code).toBe(0);
    expect((await runCli(['sync'], stage.env)).code).toBe(0);
    await expectTablesEqualTruth(stage.pool, world);
  });

  it('ends with exit code 4 when no file appears in time, and the same command goes on', async () => {
    const { extracts } = stage.simulator;
    extracts.change('held');
    const end = await extract(['--wait', '0']);
    expect(end.code).toBe(4);
    expect(end.stderr).toMatch(
      /^sfmc-tracking: 3 of 3 extracts have not appeared in \/\S+ on 127\.0\.0\.1: .*file transfer.*\n$/u,
    );
    extracts.release();
    expect((await extract(['--wait', '0'])).code).toBe(0);
    expect(extracts.accepted).toHaveLength(3);
    await expectAllLoaded();
  });

  it.each([
    ['refused' as const, /Tracking Extracts are not enabled for the account: ask Salesforce support/u],
    ['denied' as const, /the package may not request extracts: grant it the scopes/u],
    [
      'damaged' as const,
      /the archive on the SFTP server is damaged and does not change: .*requests it anew/u,
    ],
  ])('says in one line what to do where the extract is %s', async (behavior, text) => {
    stage.simulator.extracts.change(behavior);
    const end = await extract(['--events', 'open', '--jobs', '901']);
    expect(end.code).toBe(1);
    expect(end.stdout.split('\n').filter((line) => line.includes('failed: '))).toHaveLength(3);
    expect(end.stdout).toMatch(text);
    expect(here()).toEqual([]);
    stage.simulator.extracts.change('written');
    expect((await extract(['--events', 'open', '--jobs', '901'])).code).toBe(0);
  });

  it.each<[string, (url: string) => Readonly<Record<string, string>>, RegExp]>([
    [
      'the wrong host key',
      () => ({ SFTP_HOST_KEY: `SHA256:${'b'.repeat(43)}` }),
      /shows another key than SFTP_HOST_KEY/u,
    ],
    [
      'the wrong password',
      (url) => ({ SFTP_URL: url.replace('@', ':wrong-password@'), SFTP_PRIVATE_KEY: '' }),
      /refuses the user \S+: check the password in SFTP_URL/u,
    ],
    ['no such folder', (url) => ({ SFTP_URL: `${url}/Import` }), /has no folder \S+\/Import/u],
    ['no settings', () => ({ SFTP_URL: '', SFTP_HOST_KEY: '' }), /SFTP_URL is not set/u],
  ])('requests nothing with %s, and says so in a line', async (_, env, text) => {
    const end = await extract([], env(stage.server.url));
    expect(end.code).toBe(2);
    expect(end.stderr).toMatch(text);
    expect(end.stderr).not.toContain('wrong-password');
    expect(stage.simulator.requests.filter(({ operation }) => operation === 'Extract')).toEqual([]);
  });

  it('is refused with exit code 4 while Marketing Cloud is in maintenance, and goes on afterwards', async () => {
    stage.simulator.setSystemStatus('InMaintenance');
    expect((await extract([], { GATE_WAIT_MINUTES: '0', STATUS_POLL_SECONDS: '0.2' })).code).toBe(4);
    stage.simulator.setSystemStatus('OK');
    // On a slow machine the gate is still closed when it is first looked at.
    const waiting = { GATE_WAIT_MINUTES: '5', STATUS_POLL_SECONDS: '0.2' };
    expect((await extract([], waiting)).code).toBe(0);
    await expectAllLoaded();
  });

  it('is examined by doctor', async () => {
    const end = await runCli(['doctor'], stage.env);
    expect(end.stdout).toMatch(/ok +SFTP: \S+ may read \S+Export on 127\.0\.0\.1/u);
    const wrong = await runCli(['doctor'], { ...stage.env, SFTP_HOST_KEY: `SHA256:${'c'.repeat(43)}` });
    expect(wrong.stdout).toMatch(/FAILED +SFTP: .*shows another key/u);
    expect(wrong.code).toBe(1);
  });
});
