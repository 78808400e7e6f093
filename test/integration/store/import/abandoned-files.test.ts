import { open } from '../../../../src/events/open.ts';
import { dropAbandonedStaging } from '../../../../src/store/import/abandoned-files.ts';
import { advanceStaging, lockFile, takeFile } from '../../../../src/store/import/imported-files.ts';
import { createStaging, stagingTable } from '../../../../src/store/import/staging.ts';
import { inTransaction } from '../../../../src/store/connection/pool.ts';
import { dayMs } from '../../../support/clock.ts';
import { openStore, type Store } from '../../../support/stored/ledger.ts';

let store: Store;

beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());

async function beginImport(fileKey: string): Promise<number> {
  return await inTransaction(store.pool, async (tx) => {
    const file = await takeFile(tx, { fileKey, name: 'Opens.csv', eventType: 'open', runId: 1 });
    await createStaging(tx, open, file.fileId);
    await advanceStaging(tx, file, { position: { offset: 9 }, rows: 3, rejected: 0 });
    return file.fileId;
  });
}

async function stopLongAgo(fileId: number): Promise<void> {
  await store.pool.query(
    `update pipeline.imported_files set updated_at = now() - interval '8 days' where file_id = $1`,
    [fileId],
  );
}

async function isStaged(fileId: number): Promise<boolean> {
  const { rows } = await store.pool.query<{ there: boolean }>('select to_regclass($1) is not null as there', [
    stagingTable(fileId),
  ]);
  return rows[0]?.there === true;
}

it('drops what an import left that stopped a week ago, and lets it begin anew', async () => {
  const [old, young] = [await beginImport('old'), await beginImport('young')];
  await stopLongAgo(old);
  expect(await dropAbandonedStaging(store.pool, 7 * dayMs)).toBe(1);
  expect([await isStaged(old), await isStaged(young)]).toEqual([false, true]);
  expect(await dropAbandonedStaging(store.pool, 7 * dayMs)).toBe(0);
  const again = await inTransaction(store.pool, (tx) =>
    takeFile(tx, { fileKey: 'old', name: 'Opens.csv', eventType: 'open', runId: 2 }),
  );
  expect(again).toMatchObject({ fileId: old, state: 'staging', rowsStaged: 0, position: undefined });
});

it('leaves one that a process holds, however long its last statement takes', async () => {
  const slow = await beginImport('slow');
  await stopLongAgo(slow);
  const session = await store.pool.connect();
  expect(await lockFile(session, 'slow')).toBe(true);
  expect(await dropAbandonedStaging(store.pool, 7 * dayMs)).toBe(0);
  session.release(true);
  expect(await isStaged(slow)).toBe(true);
});
