import fs from 'node:fs';
import path from 'node:path';
import { Client } from 'pg';
import { isProcessAlive } from '../../../src/store/embedded/file-lock.ts';
import {
  type EmbeddedPostgres,
  joinEmbeddedPostgres,
  stopEmbeddedPostgres,
} from '../../../src/store/embedded/embedded-postgres.ts';
import { buildCli } from '../program/built-cli.ts';
import { findClusterFolders, makeClusterFolder } from '../postgres/cluster-folder.ts';

export interface TestServer {
  adminUrl: string;
  /** Begins the name of every database of this run. */
  prefix: string;
  embedded: EmbeddedPostgres | undefined;
}

declare global {
  // Several projects of one run share the process, hence the server.
  var sfmcTrackingTestServer: Promise<TestServer> | undefined;
}

/** One Postgres per test run, and in it one migrated template from which every test file gets its copy. */
export default async function setUp(): Promise<void> {
  globalThis.sfmcTrackingTestServer ??= startTestServer();
  const { adminUrl, prefix } = await globalThis.sfmcTrackingTestServer;
  process.env['SFMC_TRACKING_TEST_ADMIN_URL'] = adminUrl;
  process.env['SFMC_TRACKING_TEST_PREFIX'] = prefix;
  process.env['SFMC_TRACKING_TEST_CLI'] ??= buildCli();
}

async function startTestServer(): Promise<TestServer> {
  await removeLeftovers();
  const given = process.env['TEST_DATABASE_URL'];
  const embedded = given
    ? undefined
    : await joinEmbeddedPostgres({ dataDir: makeClusterFolder(), isFast: true });
  const server = {
    adminUrl: given ?? embedded?.url ?? '',
    prefix: `sfmc_tracking_test_${process.pid}`,
    embedded,
  };
  if (embedded) await trustOwner(server.adminUrl, embedded.dataDir);
  await makeTemplate(server);
  return server;
}

/** A run makes some five thousand connections as the owner; other logins give their passwords. */
async function trustOwner(adminUrl: string, dataDir: string): Promise<void> {
  const rules = ['host all postgres 127.0.0.1/32 trust', 'host all all 127.0.0.1/32 scram-sha-256'];
  fs.writeFileSync(path.join(dataDir, 'postgres', 'pg_hba.conf'), `${rules.join('\n')}\n`);
  const admin = new Client({ connectionString: adminUrl });
  await admin.connect();
  try {
    await admin.query('select pg_reload_conf()');
  } finally {
    await admin.end();
  }
}

async function makeTemplate({ adminUrl, prefix }: TestServer): Promise<void> {
  const template = `${prefix}_template`;
  const templateUrl = new URL(adminUrl);
  templateUrl.pathname = template;
  const admin = new Client({ connectionString: adminUrl });
  await admin.connect();
  try {
    await admin.query(`drop database if exists ${template} with (force)`);
    await admin.query(`create database ${template} template template0`);
    const migrate = await import('../../../src/store/schema/migrate.ts');
    await migrate.migrateDatabase({ databaseUrl: templateUrl.href });
    // A first connection writes down what every connection needs of the catalog; copies have it then.
    const first = new Client({ connectionString: templateUrl.href });
    await first.connect();
    // As in any database that has been in use: see open-boss.ts.
    await first.query('update sfmc_tracking_queue.version set flow_on = now()');
    await first.end();
    // Nobody may connect from here on: Postgres copies only a database that is not in use.
    await admin.query(`alter database ${template} allow_connections false`);
  } finally {
    await admin.end();
  }
}

/** A run that was killed leaves its server behind; its folder names the process that is no more. */
async function removeLeftovers(): Promise<void> {
  for (const { folder, pid } of findClusterFolders()) {
    if (isProcessAlive(pid)) continue;
    await stopEmbeddedPostgres({ dataDir: folder });
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
