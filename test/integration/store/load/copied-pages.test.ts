import { createColumnPage, type PageColumns } from '../../../../src/columns/page.ts';
import { eventCatalog } from '../../../../src/events/catalog.ts';
import {
  type ColumnDefinition,
  type EventDefinition,
  requestedProperties,
} from '../../../../src/events/define-event.ts';
import { open } from '../../../../src/events/open.ts';
import { inTransaction, onConnection } from '../../../../src/store/connection/pool.ts';
import {
  createEventLoader,
  isCopied,
  isDuplicateKey,
  type LoadedPage,
} from '../../../../src/store/load/event-loader.ts';
import { createPartitionKeeper, isMissingMonth } from '../../../../src/store/load/partitions.ts';
import type { PageToCommit } from '../../../../src/store/load/page-to-commit.ts';
import {
  emptyLedger,
  openStore,
  pageInTask,
  plantTask,
  type Store,
  taskRow,
} from '../../../support/stored/ledger.ts';
import { untilWaiting } from '../../../support/stored/lock-waits.ts';

const accountId = 7000001;
const jobId = 42;
const loader = createEventLoader();
let store: Store;

beforeAll(async () => {
  store = await openStore();
  const keeper = createPartitionKeeper(store);
  for (const { table } of eventCatalog)
    await keeper.ensureMonths(table, Date.UTC(2024, 5) * 1000, Date.UTC(2024, 6) * 1000);
});
beforeEach(async () => {
  await emptyLedger(store.pool);
  await store.pool.query(
    `truncate pipeline.rollup_changes, ${eventCatalog.map(({ table }) => `tracking.${table}`).join(', ')}`,
  );
});
afterAll(() => store.close());

/** Texts that are short, long, empty, in several scripts, and look like syntax. */
const texts = [
  '',
  'a',
  '  b ',
  '007',
  "o'clock\\",
  'Zoë 🎉 \t\n',
  '\\N',
  'x'.repeat(63),
  'é'.repeat(900),
  '{"a,b"}',
];

function textOf({ kind, person, optional }: ColumnDefinition, name: string, row: number): string | null {
  if (optional === true && name !== 'job_id' && row % 7 === name.length % 7) return null;
  switch (kind) {
    case 'integer':
      return name === 'job_id' ? String(jobId) : String(row % 3 === 0 ? row : 2 ** 40 + row);
    case 'instant':
      // In no order, down to the millisecond, over the end of a month.
      return `2024-06-30T${String((row * 7) % 24).padStart(2, '0')}:59:59.${String((row * 37) % 1000).padStart(3, '0')}`;
    case 'uuid':
      return `4f1c2f8e-6f0e-4d5a-9d0a-${String(row).padStart(12, '0')}`;
    case 'boolean':
      return row % 2 === 0 ? 'true' : 'false';
    case 'text':
      return person === 'key'
        ? `person ${row} ${texts[row % texts.length] ?? ''}`
        : (texts[row % texts.length] ?? '');
  }
}

function pageOf(definition: EventDefinition, rows: number, first = 0): PageColumns {
  const page = createColumnPage(definition, { accountId, jobId });
  for (let row = first; row < first + rows; row += 1) {
    const values: Record<string, string | null> = { 'Client.ID': String(accountId) };
    for (const [name, column] of Object.entries(definition.columns))
      values[column.property] = textOf(column, name, row);
    page.append(requestedProperties(definition).map((property) => values[property] ?? null));
  }
  return page.finish();
}

async function taskOf({ name: eventType }: EventDefinition): Promise<number> {
  const taskId = await plantTask(store.pool, { accountId, jobId, eventType });
  await store.pool.query(`update pipeline.extract_tasks set state = 'running', fence = 1 where id = $1`, [
    taskId,
  ]);
  return taskId;
}

function toCommit(
  definition: EventDefinition,
  columns: PageColumns,
  taskId: number,
  page: Partial<PageToCommit> & { readonly fence?: number } = {},
): PageToCommit {
  const { fence = 1, ...rest } = page;
  return pageInTask({ definition, columns, ...rest }, { taskId, fence, accountId, origin: 'sync' });
}

function copy(page: PageToCommit): Promise<LoadedPage> {
  return loader.copyPage(page, (work) => onConnection(store.pool, work));
}

async function stored({ table, columns }: EventDefinition) {
  const names = ['account_id', ...Object.keys(columns)].map((name) => `${name}::text`).join(', ');
  const { rows } = await store.pool.query<Record<string, unknown>>(
    `select ${names} from tracking.${table} order by occurred_at, ${names}`,
  );
  const { rows: changes } = await store.pool.query<Record<string, unknown>>(
    'select account_id, event_type, job_id, first_at, last_at from pipeline.rollup_changes',
  );
  return { rows, changes };
}

/** What a page writes to its task, but for the time. */
async function progressOf(taskId: number): Promise<Record<string, unknown>> {
  const {
    id,
    root_id: root,
    created_at: created,
    updated_at: updated,
    ...progress
  } = await taskRow(store.pool, taskId);
  expect([id, root, created, updated]).not.toContain(undefined);
  return progress;
}

describe('a page that is copied', () => {
  it.each(eventCatalog)('leaves behind what the statement would: $name', async (definition) => {
    const columns = pageOf(definition, 120);
    const byStatement = await taskOf(definition);
    await loader.loadPage(store.pool, toCommit(definition, columns, byStatement), true);
    const expected = { ...(await stored(definition)), progress: await progressOf(byStatement) };
    expect([expected.rows.length, expected.changes.length]).toEqual([120, 1]);

    await emptyLedger(store.pool);
    await store.pool.query(`truncate tracking.${definition.table}, pipeline.rollup_changes`);
    const copied = await taskOf(definition);
    expect(await copy(toCommit(definition, columns, copied))).toEqual({ pages: 1, insertedCount: 120 });

    expect({ ...(await stored(definition)), progress: await progressOf(copied) }).toEqual(expected);
  });

  it('keeps a RequestID that looks like syntax', async () => {
    const taskId = await taskOf(open);
    const requestId = `'; drop table tracking.jobs; -- \\`;
    await copy(toCommit(open, pageOf(open, 3), taskId, { requestId }));
    expect(await taskRow(store.pool, taskId)).toMatchObject({ request_id: requestId, pages: 1 });
  });

  it.each([
    ['the fence is another', { fence: 2 }],
    ['a file of its type is imported', { mergesFiles: true }],
    ['a person was forgotten', { privacyVersion: 1 }],
    ['the page before is not committed', { pagesAhead: 1 }],
  ])('writes nothing where %s', async (_, page) => {
    const taskId = await taskOf(open);
    const before = await progressOf(taskId);
    expect(await copy(toCommit(open, pageOf(open, 3), taskId, page))).toEqual({
      pages: undefined,
      insertedCount: 0,
    });
    expect([await stored(open), await progressOf(taskId)]).toEqual([{ rows: [], changes: [] }, before]);
  });

  it('writes nothing where one of its rows is known, and leaves a connection that works', async () => {
    const taskId = await taskOf(open);
    await copy(toCommit(open, pageOf(open, 3), taskId));
    const before = [await stored(open), await progressOf(taskId)];
    await onConnection(store.pool, async (client) => {
      const error: unknown = await loader
        .copyPage(toCommit(open, pageOf(open, 2000, 2), taskId), (work) => work(client))
        .catch((thrown: unknown) => thrown);
      expect(isDuplicateKey(error)).toBe(true);
      expect([await stored(open), await progressOf(taskId)]).toEqual(before);
      expect(
        await loader.copyPage(toCommit(open, pageOf(open, 2000, 3), taskId), (work) => work(client)),
      ).toEqual({
        pages: 2,
        insertedCount: 2000,
      });
    });
  });

  it('writes nothing where its month is missing, and says so', async () => {
    const taskId = await taskOf(open);
    await store.pool.query('drop table tracking.open_events_y2024m07');
    const error: unknown = await copy(toCommit(open, pageOf(open, 24), taskId)).catch(
      (thrown: unknown) => thrown,
    );
    await createPartitionKeeper(store).ensureMonths(
      open.table,
      Date.UTC(2024, 6) * 1000,
      Date.UTC(2024, 6) * 1000,
    );
    expect(isMissingMonth(error)).toBe(true);
    expect(await stored(open)).toEqual({ rows: [], changes: [] });
  });

  it('writes nothing where its connection ends, and leaves the pool one that works', async () => {
    const taskId = await taskOf(open);
    const copying = inTransaction(store.pool, async (tx) => {
      await tx.query('select from pipeline.extract_tasks where id = $1 for update', [taskId]);
      const copied = copy(toCommit(open, pageOf(open, 2000), taskId)).catch((error: unknown) => error);
      await untilWaiting(store.pool, 1);
      await store.pool.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock'`,
      );
      return { copied };
    });
    expect(await (await copying).copied).toBeInstanceOf(Error);
    expect(await stored(open)).toEqual({ rows: [], changes: [] });
    expect(await taskRow(store.pool, taskId)).toMatchObject({ pages: 0 });
  });
});

describe('which pages are copied', () => {
  const full = pageOf(open, 500);
  const others: [string, boolean, PageColumns, Partial<PageToCommit>, boolean][] = [
    ['new rows of one job, with more to follow', true, full, {}, true],
    ['few rows', true, pageOf(open, 499), {}, false],
    ['rows that may be known', false, full, {}, false],
    ['the last page of a window', true, full, { finish: 'window' }, false],
    ['the last page of a task', true, full, { finish: 'task' }, false],
    ['one with rejected records', true, full, { rejected: [{ reason: 'odd', xml: '<x/>' }] }, false],
    ['one with people who were forgotten', true, full, { keptOut: 1 }, false],
  ];
  it.each(others)('%s', (_, isInsertOnly, columns, page, expected) => {
    expect(isCopied(toCommit(open, columns, 1, page), isInsertOnly)).toBe(expected);
  });
});
