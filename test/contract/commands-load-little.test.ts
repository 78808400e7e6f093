import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCli } from '../support/cli.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let dir: string;
let database: TestDatabase;

beforeAll(async () => {
  dir = mkdtempSync(path.join(tmpdir(), 'sfmc-tracking-loaded-'));
  database = await createTestDatabase();
});
afterAll(async () => {
  rmSync(dir, { recursive: true });
  await database.drop();
});

const recorder = path.join(import.meta.dirname, '..', 'support', 'record-packages.mjs');

/** The npm packages that a command loads. */
async function packagesOf(...args: string[]): Promise<string[]> {
  const file = path.join(dir, 'packages.json');
  const env = {
    DATABASE_URL: database.url,
    NODE_OPTIONS: `--import=${recorder}`,
    RECORD_PACKAGES_TO: file,
  };
  const { code, stderr } = await runCli(args, env, { isOwnProcess: true });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const packages: unknown = JSON.parse(readFileSync(file, 'utf8'));
  return Array.isArray(packages) ? packages.map(String) : [];
}

const heavy = ['knex', 'pg-boss', 'node-cron', 'undici', 'sax', 'pino', 'prom-client', 'zod'];

describe('a short command loads nothing that only long ones use', () => {
  it.each([['--help'], ['--version'], ['sync', '--help'], ['tasks', 'accept', '--help']])(
    '%s %s',
    async (...args) => {
      expect(await packagesOf(...args)).toEqual(['commander']);
    },
  );

  it.each([['status'], ['status', '--json'], ['tasks', '--parked'], ['rejected']])(
    '%s %s',
    async (...args) => {
      const packages = await packagesOf(...args);
      expect(packages).toContain('pg');
      expect(packages.filter((name) => heavy.includes(name))).toEqual([]);
    },
  );
});
