import { createColumnPage, type PageColumns } from '../../../../src/columns/page.ts';
import { open } from '../../../../src/events/open.ts';
import { createEventLoader } from '../../../../src/store/load/event-loader.ts';
import { insertRows } from '../../../../src/store/load/insert-rows.ts';
import { createPartitionKeeper } from '../../../../src/store/load/partitions.ts';
import { emptyLedger, openStore, pageInTask, plantTask, type Store } from '../../../support/stored/ledger.ts';

const accountId = 1;
const loader = createEventLoader();
let store: Store;

beforeAll(async () => {
  store = await openStore();
  const june = Date.UTC(2026, 5) * 1000;
  await createPartitionKeeper({ pool: store.pool }).ensureMonths(open.table, june, june);
});
afterEach(async () => {
  await emptyLedger(store.pool);
  await store.pool.query('truncate tracking.open_events, pipeline.rollup_changes');
});
afterAll(() => store.close());

/** A page of opens, each given as its job and its hour of 2026-06-02 in Central time. */
function pageOf(events: readonly (readonly [jobId: number, hour: number])[]): PageColumns {
  const page = createColumnPage(open, { accountId, jobId: undefined });
  for (const [jobId, hour] of events) {
    const at = `2026-06-02T${String(hour).padStart(2, '0')}:00:00`;
    page.append([String(accountId), at, String(jobId), '1', null, 'anna@example.com']);
  }
  return page.finish();
}

async function load(page: PageColumns, { isInsertOnly = false, fence = 0 } = {}): Promise<void> {
  const taskId = await plantTask(store.pool, { origin: 'backfill' });
  const task = { taskId, fence, origin: 'backfill' as const };
  await loader.loadPage(store.pool, pageInTask({ definition: open, columns: page }, task), isInsertOnly);
}

/** The lines written so far: job, first and last hour in UTC. */
async function lines(): Promise<unknown[]> {
  const { rows } = await store.pool.query<Record<string, unknown>>(
    `select account_id, event_type, job_id, to_char(first_at, 'HH24') as first, to_char(last_at, 'HH24') as last
     from pipeline.rollup_changes order by change_id, job_id`,
  );
  return rows.map((row) => [row['account_id'], row['event_type'], row['job_id'], row['first'], row['last']]);
}

describe('the log of changes', () => {
  it.each([true, false])('has one line for a page with new rows (insert only: %s)', async (isInsertOnly) => {
    await load(pageOf(Array.from({ length: 9 }, (_, hour) => [42, hour])), { isInsertOnly });
    expect(await lines()).toEqual([[accountId, 'open', 42, '06', '14']]);
  });

  it('spans the rows that were new, not those that were there already', async () => {
    await load(
      pageOf([
        [42, 1],
        [42, 9],
      ]),
    );
    await load(
      pageOf([
        [42, 1],
        [42, 4],
        [42, 9],
      ]),
    );
    expect(await lines()).toEqual([
      [accountId, 'open', 42, '07', '15'],
      [accountId, 'open', 42, '10', '10'],
    ]);
  });

  it('has one line for each job of a page, and none for a job of which all was known', async () => {
    await load(pageOf([[44, 1]]));
    await load(
      pageOf([
        [42, 1],
        [43, 2],
        [44, 1],
        [42, 5],
      ]),
    );
    expect((await lines()).slice(1).toSorted()).toEqual([
      [accountId, 'open', 42, '07', '11'],
      [accountId, 'open', 43, '08', '08'],
    ]);
  });

  it.each([
    ['one job', [[42, 3]]],
    [
      'several jobs',
      [
        [42, 3],
        [43, 4],
      ],
    ],
  ] as const)('is the same whether new rows are looked for or not: %s', async (_, events) => {
    await load(pageOf(events), { isInsertOnly: true });
    const withoutLook = (await lines()).toSorted();
    await store.pool.query('truncate tracking.open_events, pipeline.rollup_changes');
    await load(pageOf(events), { isInsertOnly: false });
    expect((await lines()).toSorted()).toEqual(withoutLook);
    expect(withoutLook).toHaveLength(events.length);
  });

  it('stays as it was where a page is empty, known, or not ours any more', async () => {
    await load(pageOf([]));
    await load(pageOf([[42, 1]]));
    await load(pageOf([[42, 1]]));
    await load(pageOf([[42, 2]]), { fence: 7 });
    await load(pageOf([[42, 2]]), { fence: 7, isInsertOnly: true });
    expect(await lines()).toHaveLength(1);
  });

  it('has a line also for rows that belong to no task', async () => {
    const page = pageOf([
      [42, 1],
      [43, 2],
    ]);
    expect(await insertRows(store.pool, open, accountId, page)).toBe(2);
    expect(await insertRows(store.pool, open, accountId, page)).toBe(0);
    expect((await lines()).toSorted()).toEqual([
      [accountId, 'open', 42, '07', '07'],
      [accountId, 'open', 43, '08', '08'],
    ]);
  });

  it('cannot be read by the role for analysts', async () => {
    const { rows } = await store.pool.query<{ may: boolean }>(
      `select has_schema_privilege('sfmc_tracking_reader', 'pipeline', 'usage')
              or has_table_privilege('sfmc_tracking_reader', 'pipeline.rollup_changes', 'select') as may`,
    );
    expect(rows).toEqual([{ may: false }]);
  });
});
