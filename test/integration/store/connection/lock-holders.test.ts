import { Client } from 'pg';
import {
  findForeignSlotHolders,
  holderText,
  type LockHolder,
} from '../../../../src/store/connection/lock-holders.ts';
import { migrateDatabase } from '../../../../src/store/schema/migrate.ts';
import { processLockClass } from '../../../../src/store/connection/session-locks.ts';
import { openProcessSession } from '../../../../src/store/connection/session.ts';
import { SlotLimiter } from '../../../../src/store/slots/slots.ts';
import { sleep } from '../../../../src/pipeline/backoff.ts';
import { eventually } from '../../../support/clock.ts';
import { openStore, type Store } from '../../../support/stored/ledger.ts';

let store: Store;
let other: Client;

beforeEach(async () => {
  store = await openStore();
  other = new Client({ connectionString: store.url, application_name: 'a report' });
  await other.connect();
});
afterEach(async () => {
  await other.end();
  await store.close();
});

it('migrate says which session holds its lock, and goes on when that one is gone', async () => {
  await other.query(`select pg_advisory_lock(hashtextextended('sfmc-tracking migrate', 0))`);
  const notices: string[] = [];
  const migrating = migrateDatabase({ databaseUrl: store.url, onNotice: (line) => notices.push(line) });
  await eventually('a notice', () => notices.length > 0 || undefined);
  expect(notices[0]).toMatch(
    /waiting for the lock of migrate: pid \d+ \(role \w+, application "a report", .*holds it/u,
  );
  await other.query('select pg_advisory_unlock_all()');
  await expect(migrating).resolves.toMatchObject({ applied: [] });
});

it('a process says which session holds the lock that would show it is alive', async () => {
  const { rows } = await store.pool.query<{ last: number }>(
    `select coalesce(max(process_id), 0) as last from pipeline.processes`,
  );
  for (let next = 1; next < 5; next += 1) {
    await other.query('select pg_advisory_lock($1::int, $2::int)', [
      processLockClass,
      (rows[0]?.last ?? 0) + next,
    ]);
  }

  const holders: LockHolder[] = [];
  const description = { command: 'sync', host: 'test', pid: 1 };
  const opening = openProcessSession(store.url, description, (holder) => holders.push(holder));
  await eventually('a holder', () => holders.length > 0 || undefined);
  expect(holders[0]).toMatchObject({ application: 'a report' });
  await other.query('select pg_advisory_unlock_all()');
  await (await opening).end();
});

it('slots that a session of nobody holds are found, those of a process of ours are not', async () => {
  const session = await openProcessSession(store.url, { command: 'sync', host: 'test', pid: 1 });
  const slots = new SlotLimiter({
    session,
    slotsOf: () => 1,
    slotsMax: 64,
    now: () => new Date(),
    sleep,
    random: () => 0.5,
  });
  await slots.acquire(7, session.lost);
  expect(await findForeignSlotHolders(store.pool, [7, 8], 2)).toEqual([]);

  await other.query(`select pg_advisory_lock(hashtextextended('sfmc-tracking slot 8/1', 0))`);
  const found = await findForeignSlotHolders(store.pool, [7, 8], 2);
  expect(found.map(holderText)).toEqual([expect.stringContaining('application "a report"')]);
  await session.end();
});
