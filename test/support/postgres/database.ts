import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, DatabaseError } from 'pg';

export interface TestDatabase {
  url: string;
  drop(): Promise<void>;
}

const copyTriesMax = 100;
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
  await asAdmin(async (admin) => await copy(admin, template, name));
  const url = new URL(setting('SFMC_TRACKING_TEST_ADMIN_URL'));
  url.pathname = name;
  return {
    url: url.href,
    drop: async () => {
      await asAdmin(async (admin) => await admin.query(`drop database if exists ${name} with (force)`));
    },
  };
}

async function copy(admin: Client, template: string, name: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await admin.query(`create database ${name} template ${template} strategy file_copy`);
      return;
    } catch (error) {
      const isBusy = error instanceof DatabaseError && error.code === objectInUse;
      if (!isBusy || attempt === copyTriesMax) throw error;
      await sleep(100);
    }
  }
}

async function asAdmin(act: (admin: Client) => Promise<unknown>): Promise<void> {
  const admin = new Client({ connectionString: setting('SFMC_TRACKING_TEST_ADMIN_URL') });
  await admin.connect();
  try {
    await act(admin);
  } finally {
    await admin.end();
  }
}

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined)
    throw new Error(`${name} is not set: run this test through jest, with its global setup`);
  return value;
}
