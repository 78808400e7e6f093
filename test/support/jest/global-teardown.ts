import fs from 'node:fs';
import { Client } from 'pg';
import './global-setup.ts';

/** Leaves nothing behind: neither a server and its folder nor, on a server that was given, a database. */
export default async function tearDown(): Promise<void> {
  const running = globalThis.sfmcTrackingTestServer;
  globalThis.sfmcTrackingTestServer = undefined;
  if (!running) return;
  const { adminUrl, prefix, embedded } = await running;
  if (embedded) {
    await embedded.leave();
    fs.rmSync(embedded.dataDir, { recursive: true, force: true });
    return;
  }
  const admin = new Client({ connectionString: adminUrl });
  await admin.connect();
  const left = await admin.query<{ datname: string }>(
    'select datname from pg_database where starts_with(datname, $1)',
    [`${prefix}_`],
  );
  for (const { datname } of left.rows) await admin.query(`drop database if exists ${datname} with (force)`);
  await admin.end();
}
