import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { parse } from 'csv-parse/sync';
import { runCli } from '../../support/program/cli.ts';
import { ago, hourMs } from '../../support/clock.ts';
import {
  accountId,
  eventOf,
  listSend,
  openStage,
  otherAccountId,
  type Stage,
  worldOf,
} from '../../support/simulator.ts';

const jobId = 901;
const odd = [
  eventOf(jobId, {
    subscriberKey: '007',
    urlId: 9_007_199_254_740_991,
    url: 'https://example.com/?a="1,2"\n',
  }),
  eventOf(jobId, { subscriberKey: 'ö😀', urlId: 5, url: null }),
];
const stillLater = eventOf(jobId, { subscriberKey: 'late', occurredAt: ago(2 * hourMs).getTime() });
const world = worldOf([
  listSend(jobId, { counts: { sent: 300, open: 120, click: 60 }, events: { click: odd } }),
  listSend(902, { counts: { sent: 50, open: 20 } }),
]);
let stage: Stage;
let folder: string;

beforeAll(async () => {
  stage = await openStage(world);
  expect((await runCli(['sync'], stage.env)).code).toBe(0);
});
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sfmc-tracking-export-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});
afterAll(() => stage.close());

const range = ['--from', '2000-01-01', '--to', '2100-01-01'];

/** Rows as JSON texts, as Postgres has them: ids as numbers of any size, instants to the microsecond. */
async function stored(type: string, columns: string): Promise<string[]> {
  const { rows } = await stage.pool.query<{ row: string }>(
    `select json_build_array(${columns})::text as row from tracking.${type}_events`,
  );
  return rows.map(({ row }) => row).toSorted();
}

const clickColumns = (instant: (name: string) => string) =>
  `account_id::text, job_id::text, batch_id::text, subscriber_key, ${instant('occurred_at')}, triggered_send_id::text,
   url_id::text, url, ${instant('loaded_at')}`;

describe('an export', () => {
  it('to Parquet is read by DuckDB row by row as the table has it, and leaves no partial file', async () => {
    const end = await runCli(['export', ...range, '--format', 'parquet', '--out', folder], stage.env);
    expect({ code: end.code, stdout: end.stdout }).toEqual({ code: 0, stdout: '' });
    const files = readdirSync(folder);
    expect(files.every((name) => /^[a-z_]+-\d{4}-\d\d\.parquet$/u.test(name))).toBe(true);
    expect(new Set(files.map((name) => name.split('-')[0]))).toEqual(new Set(['sent', 'open', 'click']));
    const duck = await (await DuckDBInstance.create(':memory:')).connect();
    const micros = (name: string) => `(epoch_us(${name}))::varchar`;
    const reader = await duck.runAndReadAll(
      `select ${clickColumns(micros).replaceAll('::text', '::varchar')} from read_parquet('${folder}/click-*.parquet')`,
    );
    const read = reader.getRowsJson().map((row) => JSON.stringify(row));
    const expected = await stored(
      'click',
      clickColumns((name) => `(extract(epoch from ${name}) * 1000000)::bigint::text`),
    );
    expect(read.toSorted()).toEqual(expected.map((row) => JSON.stringify(JSON.parse(row))).toSorted());
    const types = await duck.runAndReadAll(
      `describe select * from read_parquet('${folder}/click-*.parquet')`,
    );
    expect(types.getRowsJson().map((row) => row.slice(0, 2))).toEqual([
      ...['account_id', 'job_id', 'batch_id'].map((name) => [name, 'BIGINT']),
      ['subscriber_key', 'VARCHAR'],
      ['occurred_at', 'TIMESTAMP WITH TIME ZONE'],
      ['triggered_send_id', 'UUID'],
      ['url_id', 'BIGINT'],
      ['url', 'VARCHAR'],
      ['loaded_at', 'TIMESTAMP WITH TIME ZONE'],
    ]);
    const compression = await duck.runAndReadAll(
      `select distinct compression from parquet_metadata('${folder}/click-*.parquet')`,
    );
    expect(compression.getRowsJson()).toEqual([['ZSTD']]);
  });

  it('to CSV, in files and on standard output, is the same rows', async () => {
    expect((await runCli(['export', ...range, '--out', folder], stage.env)).code).toBe(0);
    const files = readdirSync(folder).filter((name) => name.startsWith('click-'));
    const texts = files.map((name) => readFileSync(path.join(folder, name), 'utf8'));
    const rows = texts.flatMap((text) => recordsOf(text).slice(1));
    const instant = (name: string) => `to_char(${name}, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
    const expected = await stored('click', clickColumns(instant));
    const read = rows.map((row) => JSON.stringify(row.map((text) => (text === '' ? null : text))));
    expect(read.toSorted()).toEqual(expected.map((row) => JSON.stringify(JSON.parse(row))).toSorted());
    const piped = await runCli(['export', ...range, '--events', 'click', '--out', '-'], stage.env);
    expect(piped.code).toBe(0);
    expect(recordsOf(piped.stdout).slice(1).toSorted()).toEqual(rows.toSorted());
  });

  it('since the last one of its name holds the whole days of jobs that changed, and nothing else', async () => {
    const exporting = ['export', '--since-last', 'warehouse', '--events', 'open', '--out', folder];
    expect((await runCli(exporting, stage.env)).code).toBe(0);
    const first = readdirSync(folder);
    expect(first.every((name) => name.endsWith('-warehouse-0001.csv'))).toBe(true);
    expect((await runCli(exporting, stage.env)).stderr).toContain('there is nothing to export');
    expect(readdirSync(folder)).toEqual(first);
    world.addEvents('open', [stillLater]);
    expect((await runCli(['sync'], stage.env)).code).toBe(0);
    expect((await runCli(exporting, stage.env)).code).toBe(0);
    const added = readdirSync(folder).filter((name) => !first.includes(name));
    expect(added.every((name) => name.endsWith('-warehouse-0003.csv'))).toBe(true);
    const rows = added.flatMap((name) => recordsOf(readFileSync(path.join(folder, name), 'utf8')).slice(1));
    const { rows: expected } = await stage.pool.query<{ key: string }>(
      `select subscriber_key as key from tracking.open_events
       where job_id = $1 and occurred_at::date = $2::timestamptz::date`,
      [jobId, new Date(stillLater.occurredAt)],
    );
    expect(rows.map((row) => row[3]).toSorted()).toEqual(expected.map(({ key }) => key).toSorted());
    expect(rows.some((row) => row[3] === 'late')).toBe(true);
  });

  it('is refused with every wrong option', async () => {
    const end = await runCli(['export', '--format', 'xml', '--out', '-'], stage.env);
    expect(end.code).toBe(2);
    for (const option of ['--from', '--to', '--format', '--out']) expect(end.stderr).toContain(option);
  });

  it('of one account has no other’s events', async () => {
    const options = ['--accounts', String(otherAccountId), '--out', folder];
    expect((await runCli(['export', ...range, ...options], stage.env)).stderr).toContain('nothing to export');
    expect(accountId).not.toBe(otherAccountId);
  });
});

function recordsOf(text: string): string[][] {
  return parse(text, { record_delimiter: '\r\n' });
}
