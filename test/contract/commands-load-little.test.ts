import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { checkoutCliPath, cliPath, runCli } from '../support/program/cli.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres/database.ts';

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

const recorder = path.join(import.meta.dirname, '..', 'support', 'program', 'record-loaded.mjs');

/** The files that a command loads. */
async function filesOf(args: readonly string[], program: string): Promise<string[]> {
  const file = path.join(dir, 'loaded.json');
  const env = {
    DATABASE_URL: database.url,
    NODE_OPTIONS: `--import=${recorder}`,
    RECORD_LOADED_TO: file,
  };
  const { code, stderr } = await runCli(args, env, { program, isOwnProcess: true });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const files: unknown = JSON.parse(readFileSync(file, 'utf8'));
  return Array.isArray(files) ? files.map(String) : [];
}

/** The npm packages that a command loads in a checkout, by the folders of their files. */
async function packagesOf(...args: string[]): Promise<string[]> {
  const files = await filesOf(args, checkoutCliPath);
  const names = files.map((file) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//u.exec(file)?.[1]);
  return [...new Set(names)].filter((name) => name !== undefined);
}

/** Those that it loads as it is shipped, by what the bundler wrote above each module. */
async function bundledPackagesOf(...args: string[]): Promise<{ files: number; packages: string[] }> {
  const files = await filesOf(args, cliPath);
  const texts = files.map((file) => readFileSync(file, 'utf8')).join('\n');
  const names = Array.from(texts.matchAll(/^\/\/ node_modules\/((?:@[^/\n]+\/)?[^/\n]+)\//gmu), ([, name]) =>
    String(name),
  );
  return { files: files.length, packages: [...new Set(names)] };
}

const heavy = ['knex', 'pg-boss', 'node-cron', 'undici', 'sax', 'pino', 'prom-client', 'zod'];

const helps = [['--help'], ['--version'], ['sync', '--help'], ['tasks', 'accept', '--help']];
const reading = [['status'], ['status', '--json'], ['tasks', '--parked'], ['rejected'], ['accounts']];

describe('a short command of a checkout loads nothing that only long ones use', () => {
  it.each(helps)('%s %s', async (...args) => {
    expect(await packagesOf(...args)).toEqual(['commander']);
  });

  it.each(reading)('%s %s', async (...args) => {
    const packages = await packagesOf(...args);
    expect(packages).toContain('pg');
    expect(packages.filter((name) => heavy.includes(name))).toEqual([]);
  });
});

describe('a short command as it is shipped loads few files, and nothing that only long ones use', () => {
  it.each(helps)('%s %s', async (...args) => {
    const { files, packages } = await bundledPackagesOf(...args);
    expect(packages).toEqual(['commander']);
    expect(files).toBeLessThanOrEqual(20);
  });

  it.each(reading)('%s %s', async (...args) => {
    const { files, packages } = await bundledPackagesOf(...args);
    expect(packages).toContain('pg');
    expect(packages.filter((name) => heavy.includes(name))).toEqual([]);
    expect(files).toBeLessThanOrEqual(60);
  });
});
