import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eventFile, type ExtractForm } from '../../../simulator/extract/event-file.ts';
import { extractFiles } from '../../../simulator/extract/extract-files.ts';
import { zipFile } from '../../../simulator/extract/zip-file.ts';
import { runCli, startCli } from '../../support/program/cli.ts';
import { eventually } from '../../support/clock.ts';
import { accountId, eventOf, listSend, openStage, type Stage, worldOf } from '../../support/simulator.ts';
import { expectTablesEqualTruth } from '../../support/stored/truth.ts';

const jobId = 801;
const open = [0, 250, 999].map((ms) => eventOf(jobId, { occurredAt: eventOf(jobId).occurredAt + ms }));
const world = worldOf([
  listSend(jobId, {
    counts: { sent: 600, open: 400, click: 200, bounce: 20, unsub: 10, not_sent: 15 },
    events: { open },
  }),
]);
let stage: Stage;
let folder: string;

beforeEach(async () => {
  stage = await openStage(world);
  folder = mkdtempSync(path.join(tmpdir(), 'sfmc-tracking-extract-'));
});
afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  await stage.close();
});

function writeFiles(form: ExtractForm): void {
  for (const { name, content } of extractFiles(world, {}, form))
    writeFileSync(path.join(folder, name), content);
}

function writeZip(form: ExtractForm, within = ''): string {
  const members = extractFiles(world, {}, form).map(({ name, content }) => ({
    name: `${within}${name}`,
    content,
  }));
  const file = path.join(folder, 'extract.zip');
  writeFileSync(file, zipFile(members));
  return file;
}

const importing = (place: string, ...options: string[]) => [
  'import',
  '--tracking-extract',
  place,
  ...options,
];

async function counts(): Promise<Record<string, number>> {
  const { rows } = await stage.pool.query<{ type: string; count: number }>(
    ['sent', 'open', 'click', 'bounce', 'unsub', 'not_sent']
      .map((type) => `select '${type}' as type, count(*)::int as count from tracking.${type}_events`)
      .join(' union all '),
  );
  return Object.fromEntries(rows.map(({ type, count }) => [type, count]));
}

function insertedOf(stdout: string): number[] {
  return [...stdout.matchAll(/"inserted":(\d+)/gu)].map(([, count]) => Number(count));
}

const all = { sent: 600, open: 403, click: 200, bounce: 20, unsub: 10, not_sent: 15 };

/** What `bi.event_details` says, by event type. */
async function detailsByType(): Promise<unknown[]> {
  const { rows } = await stage.pool.query<{ line: string }>(
    `select concat_ws(' ', event_type, count(*), count(distinct details.device), min(details.reason)) as line
     from bi.event_details as details group by event_type order by event_type`,
  );
  return rows.map(({ line }) => line);
}

describe('what only files have', () => {
  const withDetails = () => ({ ...stage.env, EXTRACT_DETAILS: 'on' });

  it('is kept with EXTRACT_DETAILS=on, also of events that are there already, and joins the row that SOAP brings later', async () => {
    writeFiles({ listBatchId: 0, details: true });
    const complaints = eventFile('complaint', [eventOf(jobId, { subscriberId: 7, listId: 9 })]);
    writeFileSync(path.join(folder, complaints.name), complaints.content);
    writeFileSync(path.join(folder, 'Subscribers.csv'), 'ClientID,SubscriberKey\n');

    const without = await runCli(importing(folder), stage.env);
    expect(without).toMatchObject({ code: 0 });
    expect(without.stderr).toContain(
      'Opens.csv: columns that are kept with EXTRACT_DETAILS=on: IsUnique, Country',
    );
    expect(without.stderr).toContain(
      'SpamComplaints.csv is not imported: complaints are kept with EXTRACT_DETAILS=on',
    );
    expect(without.stderr).toContain('Subscribers.csv is not imported: who was mailed, who unsubscribed');
    expect(await detailsByType()).toEqual([]);

    const expected = ['click 200 2', 'complaint 1 0', 'not_sent 15 0 On the list of exclusions'];
    expected.push('open 403 2', 'unsub 10 0 Not interested');
    const first = await runCli(importing(folder, '--json'), withDetails());
    // The complaint.
    expect(insertedOf(first.stdout).reduce((sum, count) => sum + count)).toBe(1);
    expect(await detailsByType()).toEqual(expected);
    await runCli(importing(folder), withDetails());
    expect(await detailsByType()).toEqual(expected);

    expect((await runCli(['sync'], stage.env)).code).toBe(0);
    await expectTablesEqualTruth(stage.pool, world);
    expect(await detailsByType()).toEqual(expected);
    writeFiles({ listBatchId: 1, details: true, milliseconds: true });
    await runCli(importing(folder), withDetails());
    expect(await detailsByType()).toEqual(expected);
    const { rows } = await stage.pool.query<Record<string, unknown>>(
      `select device, city, latitude, is_unique from bi.event_details
       where event_type = 'open' and subscriber_key = 'anna@example.com' order by occurred_at limit 1`,
    );
    expect(rows).toMatchObject([{ city: 'Indianapolis', latitude: 39.7684, is_unique: true }]);
  });

  it('costs no event where it cannot be read', async () => {
    const [file] = extractFiles(world, { types: ['open'] }, { details: true });
    const broken = (file?.content.toString() ?? '')
      .replaceAll('39.7684', 'north')
      .replaceAll('True', 'maybe');
    writeFileSync(path.join(folder, 'Opens.csv'), broken);
    const end = await runCli(importing(folder), withDetails());
    expect(end.code).toBe(0);
    expect(end.stderr).toMatch(/Opens.csv: 403 values of IsUnique cannot be read and are left out/u);
    expect(end.stderr).toMatch(/Opens.csv: \d+ values of Latitude cannot be read and are left out/u);
    expect((await counts())['open']).toBe(403);
  });
});

describe('lists of a Tracking Extract', () => {
  it('get their names, of jobs that SOAP has not read; what SOAP reads later takes their place', async () => {
    const lists = () =>
      stage.pool.query('select job_id, list_id, list_name, number_sent from tracking.lists order by list_id');
    for (const { name, content } of extractFiles(world, { lists: true }))
      writeFileSync(path.join(folder, name), content);
    expect((await runCli(importing(folder), stage.env)).code).toBe(0);
    const listId = 200 + (jobId % 50);
    expect((await lists()).rows).toEqual([
      { job_id: jobId, list_id: listId, list_name: `List ${listId}`, number_sent: null },
    ]);
    expect((await runCli(['sync'], stage.env)).code).toBe(0);
    expect((await lists()).rows).toEqual([
      { job_id: jobId, list_id: listId, list_name: `List ${listId}`, number_sent: 600 },
    ]);
  });
});

describe('files of a Tracking Extract', () => {
  it.each<[string, ExtractForm, string]>([
    ['a folder of commas, with milliseconds', { milliseconds: true }, 'folder'],
    [
      'a ZIP with a folder inside, tabs, a byte order mark',
      { delimiter: '\t', encoding: 'utf-8-bom', milliseconds: true },
      'zip',
    ],
    [
      'pipes, UTF-16, all quoted, lower case',
      { delimiter: '|', encoding: 'utf-16le', quotesAll: true, lowerCase: true, milliseconds: true },
      'zip',
    ],
  ])('become the events that happened: %s', async (_, form, kind) => {
    if (kind === 'folder') writeFiles({ ...form, listBatchId: 1 });
    const place = kind === 'folder' ? folder : writeZip({ ...form, listBatchId: 1 }, 'extract/');
    const end = await runCli(importing(place, '--json'), stage.env);
    expect(end.code).toBe(0);
    expect(end.stderr).not.toContain('sfmc-tracking:');
    await expectTablesEqualTruth(stage.pool, world, { types: ['open', 'click'] });
    expect(await counts()).toEqual(all);
    const { rows } = await stage.pool.query('select subject, is_stub from tracking.jobs where job_id = $1', [
      jobId,
    ]);
    expect(rows).toEqual([{ subject: `Send ${jobId}`, is_stub: true }]);
    const { rows: totals } = await stage.pool.query(
      'select open_events as opens from tracking.job_totals where job_id = $1',
      [jobId],
    );
    expect(totals).toEqual([{ opens: 403 }]);
  });

  it('of another time zone are read in it, with its summer', async () => {
    writeFiles({ milliseconds: true, listBatchId: 1, offsetMinutes: 330 });
    expect((await runCli(importing(folder, '--timezone', 'Asia/Kolkata'), stage.env)).code).toBe(0);
    await expectTablesEqualTruth(stage.pool, world, { types: ['open', 'click'] });
  });

  it('and a sync are the same events, whichever came first, without milliseconds and with BatchID 0', async () => {
    const place = writeZip({ listBatchId: 0 });
    expect((await runCli(importing(place), stage.env)).code).toBe(0);
    expect(await counts()).toEqual(all);
    expect((await runCli(['sync'], stage.env)).code).toBe(0);
    await expectTablesEqualTruth(stage.pool, world);
    const again = await runCli(importing(place, '--json'), stage.env);
    expect({ code: again.code, inserted: insertedOf(again.stdout) }).toEqual({
      code: 0,
      inserted: [0, 0, 0, 0, 0, 0, 0],
    });
    await expectTablesEqualTruth(stage.pool, world);
    expect((await runCli(['rollups', 'check'], stage.env)).code).toBe(0);
  });

  it('are imported to the end by the same command after a kill, each event and its details once', async () => {
    const big = worldOf([listSend(jobId, { counts: { sent: 24_000, open: 10_000 } })]);
    const files = extractFiles(big, { types: ['sent', 'open'] }, { listBatchId: 0, details: true });
    const env = { ...stage.env, EXTRACT_DETAILS: 'on' };
    for (const { name, content } of files) writeFileSync(path.join(folder, name), content);
    const progress = () =>
      stage.pool.query<{ staged: number; merged: number; done: number }>(
        `select coalesce(sum(rows_staged), 0)::int as staged, coalesce(sum(rows_merged), 0)::int as merged,
                count(*) filter (where state = 'done')::int as done from pipeline.imported_files`,
      );
    let kills = 0;
    for (const isReached of [
      ({ staged }: { staged: number }) => staged > 0,
      ({ merged }: { merged: number }) => merged > 0,
      ({ done }: { done: number }) => done > 0,
    ]) {
      const running = startCli(importing(folder), env);
      const outcome = await eventually('progress', async () => {
        const [row] = (await progress()).rows;
        return row !== undefined && isReached(row) ? 'reached' : undefined;
      });
      expect(outcome).toBe('reached');
      running.signal('SIGKILL');
      await running.end;
      kills += 1;
    }
    expect(kills).toBe(3);
    const end = await runCli(importing(folder, '--json'), env);
    expect(end.code).toBe(0);
    expect(await counts()).toEqual({
      ...all,
      sent: 24_000,
      open: 10_000,
      click: 0,
      bounce: 0,
      unsub: 0,
      not_sent: 0,
    });
    const joined = await stage.pool.query('select from bi.event_details');
    expect(joined.rowCount).toBe(10_000);
    const { rows } = await stage.pool.query(
      `select to_regclass('pipeline.staged_1') as one, to_regclass('pipeline.staged_2') as two`,
    );
    expect(rows).toEqual([{ one: null, two: null }]);
  });

  it('are left at a commit by Ctrl-C with exit code 130, and imported to the end by the same command', async () => {
    const big = worldOf([listSend(jobId, { counts: { sent: 24_000 } })]);
    const files = extractFiles(big, { types: ['sent'] }, { listBatchId: 0 });
    for (const { name, content } of files) writeFileSync(path.join(folder, name), content);
    const running = startCli(importing(folder), stage.env);
    await eventually('a chunk to be read', async () => {
      const { rowCount } = await stage.pool.query(
        'select from pipeline.imported_files where rows_staged > 0',
      );
      return rowCount === 1;
    });
    running.signal('SIGINT');
    const stopped = await running.end;
    // It may have been done a moment before.
    expect([0, 130]).toContain(stopped.code);
    expect(stopped.stdout).toMatch(stopped.code === 130 ? /interrupted/u : /completed/u);
    expect((await runCli(importing(folder), stage.env)).code).toBe(0);
    expect((await counts())['sent']).toBe(24_000);
  });

  it('keep lines that cannot be read, with file, line and reason, and read them again after a fix', async () => {
    const [header = '', first = '', second = ''] =
      extractFiles(world, { types: ['open'] })[0]
        ?.content.toString()
        .split('\r\n') ?? [];
    const broken = second.replace(/\d+\/\d+\/\d{4}/u, '13/45/2026');
    const lines = [header, first, broken, 'too,few', first.replace(',', ',"'), first];
    writeFileSync(path.join(folder, 'Opens.csv'), lines.join('\n'));
    const end = await runCli(importing(folder), stage.env);
    expect(end.code).toBe(1);
    const { rows } = await stage.pool.query<{ reason: string }>(
      'select reason from pipeline.rejected_records order by id',
    );
    expect(rows.map(({ reason }) => reason).toSorted()).toEqual([
      'Opens.csv line 3: EventDate is not a date',
      'Opens.csv line 4: it has 2 fields instead of 9',
      'Opens.csv line 5: a quote is not closed',
    ]);
    expect((await runCli(['rejected', 'replay'], stage.env)).code).toBe(1);
    await stage.pool.query(
      `update pipeline.rejected_records set record = replace(record, '13/45/2026', '7/1/2026')`,
    );
    const before = (await counts())['open'] ?? 0;
    expect((await runCli(['rejected', 'replay'], stage.env)).stdout).toContain(
      '1 new events, 2 still cannot be read',
    );
    expect((await counts())['open']).toBe(before + 1);
  });

  it('that are no extract, or dangerous, are refused in one line, and nothing is written', async () => {
    const sent = extractFiles(world, { types: ['sent'] })[0]?.content ?? Buffer.alloc(0);
    const zips: Record<string, Parameters<typeof zipFile>[0]> = {
      'outside.zip': [{ name: '../../Sent.csv', content: sent }],
      'link.zip': [{ name: 'Sent.csv', content: Buffer.from('/etc/passwd'), attributes: 0o120777 << 16 }],
      'nested.zip': [{ name: 'Sent.zip', content: zipFile([{ name: 'Sent.csv', content: sent }]) }],
      'bomb.zip': [{ name: 'Sent.csv', content: Buffer.alloc(16 * 1024 * 1024) }],
      'liar.zip': [{ name: 'Sent.csv', content: sent, claimedBytes: 100 }],
    };
    const place = path.join(folder, 'zips');
    mkdirSync(place);
    for (const [name, members] of Object.entries(zips))
      writeFileSync(path.join(place, name), zipFile(members));
    writeFileSync(path.join(place, 'cut.zip'), readFileSync(path.join(place, 'nested.zip')).subarray(0, 500));
    const expected: Record<string, RegExp> = {
      'outside.zip': /invalid relative path/u,
      'link.zip': /Sent.csv is a symbolic link/u,
      'nested.zip': /Sent.zip is an archive within the archive/u,
      'bomb.zip': /which no extract does/u,
      'liar.zip': /not imported/u,
      'cut.zip': /not imported/u,
    };
    for (const [name, text] of Object.entries(expected)) {
      const end = await runCli(importing(path.join(place, name)), stage.env);
      expect({ name, code: end.code, lines: end.stderr.trimEnd().split('\n').length }).toEqual({
        name,
        code: 2,
        lines: 1,
      });
      expect(end.stderr).toMatch(text);
    }
    mkdirSync(path.join(folder, 'linked'));
    symlinkSync('/etc/hostname', path.join(folder, 'linked', 'Sent.csv'));
    const linked = await runCli(importing(path.join(folder, 'linked')), stage.env);
    expect(linked.code).toBe(2);
    expect(linked.stderr).toMatch(/Sent.csv is not imported: it is a symbolic link\n$/u);
    expect(await counts()).toEqual({ sent: 0, open: 0, click: 0, bounce: 0, unsub: 0, not_sent: 0 });
  });

  it('of no business unit are refused with what to do, and imported with --account', async () => {
    const files = extractFiles(world, { types: ['open'] }, { milliseconds: true, listBatchId: 1 });
    const lines = files[0]?.content
      .toString()
      .trimEnd()
      .split('\r\n')
      .map((line) => line.replace(/^[^,]*,/u, ''));
    writeFileSync(path.join(folder, 'Opens.csv'), (lines ?? []).join('\n'));
    const env = { ...stage.env, SFMC_ACCOUNT_IDS: '' };
    expect((await runCli(importing(folder), env)).stderr).toContain(
      'say which business unit it is of with --account',
    );
    expect((await runCli(importing(folder, '--account', String(accountId)), env)).code).toBe(0);
    await expectTablesEqualTruth(stage.pool, world, { types: ['open'] });
  });
});
