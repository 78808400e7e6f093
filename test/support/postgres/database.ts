import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

declare global {
  // From test/support/jest/environment.cjs.
  var sfmcTrackingExecuteAsAdmin: (statement: string) => Promise<void>;
}

export interface TestDatabase {
  url: string;
  drop(): Promise<void>;
}

const triesMax = 100;
const objectInUse = '55006';

/** A database of one's own with every migration applied: a copy of the run's template. */
export async function createTestDatabase(): Promise<TestDatabase> {
  return await createDatabase(`${setting('SFMC_TRACKING_TEST_PREFIX')}_template`);
}

/** A database of one's own with nothing in it. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  return await createDatabase('template0');
}

async function createDatabase(template: string): Promise<TestDatabase> {
  const name = `${setting('SFMC_TRACKING_TEST_PREFIX')}_${randomBytes(6).toString('hex')}`;
  await executeWhenFree(`create database ${name} template ${template} strategy file_copy`);
  const url = new URL(setting('SFMC_TRACKING_TEST_ADMIN_URL'));
  url.pathname = name;
  return {
    url: url.href,
    drop: () => executeWhenFree(`drop database if exists ${name} with (force)`),
  };
}

/** Postgres waits five seconds for sessions of a database to end, also where it has told them to. */
async function executeWhenFree(statement: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await globalThis.sfmcTrackingExecuteAsAdmin(statement);
      return;
    } catch (error) {
      if (!isInUse(error) || attempt === triesMax) throw error;
      await sleep(100);
    }
  }
}

function isInUse(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === objectInUse;
}

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined)
    throw new Error(`${name} is not set: run this test through jest, with its global setup`);
  return value;
}
