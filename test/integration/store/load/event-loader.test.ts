import type pg from 'pg';
import { createColumnPage, type PageColumns } from '../../../../src/columns/page.ts';
import { click } from '../../../../src/events/click.ts';
import { requestedProperties, type EventDefinition } from '../../../../src/events/define-event.ts';
import { open } from '../../../../src/events/open.ts';
import { sent } from '../../../../src/events/sent.ts';
import { createEventLoader, type LoadedPage } from '../../../../src/store/load/event-loader.ts';
import type { PageToCommit } from '../../../../src/store/load/page-to-commit.ts';
import { createPartitionKeeper } from '../../../../src/store/load/partitions.ts';
import { inTransaction } from '../../../../src/store/connection/pool.ts';
import { createTestDatabase, type TestDatabase } from '../../../support/postgres/database.ts';
import { createTestPool } from '../../../support/postgres/test-pool.ts';
import { pageInTask } from '../../../support/stored/ledger.ts';
import { untilWaiting } from '../../../support/stored/lock-waits.ts';

type Named = Record<string, string | null>;

const account = 7000001;
const loader = createEventLoader();
let database: TestDatabase;
let pool: pg.Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createTestPool(database.url, 4);
  const keeper = createPartitionKeeper({ pool });
  for (const { table } of [sent, open, click])
    await keeper.ensureMonths(table, Date.UTC(2024, 5) * 1000, Date.UTC(2024, 6) * 1000);
});
afterEach(async () => {
  await pool.query(
    `truncate tracking.sent_events, tracking.open_events, tracking.click_events, pipeline.extract_tasks`,
  );
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const base: Named = {
  'Client.ID': String(account),
  EventDate: '2024-07-01T10:00:00.8',
  SendID: '42',
  BatchID: '7',
  SubscriberKey: 'anna@example.com',
  URLID: '5',
  URL: 'https://example.com/',
};

function pageOf(definition: EventDefinition, changes: readonly Named[]): PageColumns {
  const page = createColumnPage(definition, { accountId: account, jobId: 42 });
  for (const change of changes) {
    const record = { ...base, ...change };
    page.append(requestedProperties(definition).map((property) => record[property] ?? null));
  }
  return page.finish();
}

async function planTask(fence = 1): Promise<number> {
  const { rows } = await pool.query<{ id: number }>(
    `insert into pipeline.extract_tasks
       (root_id, origin, account_id, job_id, event_type, window_from, window_to, state, fence)
     values (0, 'backfill', $1, 42, 'open', '2024-07-01', '2024-07-02', 'running', $2) returning id`,
    [account, fence],
  );
  return rows[0]?.id ?? 0;
}

type LoadOptions = Partial<Pick<PageToCommit, 'requestId' | 'requestCount' | 'finish'>> & {
  readonly taskId: number;
  readonly fence?: number;
  readonly isInsertOnly?: boolean;
};

async function load(
  definition: EventDefinition,
  changes: readonly Named[],
  { taskId, fence = 1, isInsertOnly = false, ...page }: LoadOptions,
  client: Pick<pg.ClientBase, 'query'> = pool,
): Promise<LoadedPage> {
  const columns = pageOf(definition, changes);
  const rejected = columns.rejected.map(({ reason }) => ({ reason, xml: `<Record>${reason}</Record>` }));
  const task = { taskId, fence, origin: 'backfill' as const };
  return loader.loadPage(client, pageInTask({ definition, columns, rejected, ...page }, task), isInsertOnly);
}

async function taskRow(taskId: number): Promise<Record<string, unknown> | undefined> {
  const { rows } = await pool.query<Record<string, unknown>>(
    `select state, request_id, requests, pages, records, inserted, rejected, triggered_send_id,
       last_event_at::text, settled_at is not null as is_settled, finished_at is not null as is_finished
     from pipeline.extract_tasks where id = $1`,
    [taskId],
  );
  return rows[0];
}

async function rowsOf(definition: EventDefinition): Promise<Record<string, unknown>[]> {
  const names = Object.keys(definition.columns).map((name) => `${name}::text`);
  const { rows } = await pool.query<Record<string, unknown>>(
    `select account_id::text, ${names.join(', ')} from tracking.${definition.table} order by loaded_at, occurred_at`,
  );
  return rows;
}

describe('the rows of a page', () => {
  it('stand in their table in UTC, with their account and job', async () => {
    const taskId = await planTask();
    await load(click, [{ TriggeredSendDefinitionObjectID: '4F1C2F8E-6F0E-4D5A-9D0A-0123456789AB' }], {
      taskId,
    });

    expect(await rowsOf(click)).toEqual([
      {
        account_id: '7000001',
        occurred_at: '2024-07-01 16:00:00.8+00',
        job_id: '42',
        batch_id: '7',
        triggered_send_id: '4f1c2f8e-6f0e-4d5a-9d0a-0123456789ab',
        subscriber_key: 'anna@example.com',
        url_id: '5',
        url: 'https://example.com/',
      },
    ]);
  });

  it('are not loaded twice when an equal page comes again, under whatever task', async () => {
    const records = Array.from({ length: 2500 }, (_, index) => ({
      SubscriberKey: `person-${index}@example.com`,
    }));
    const first = await load(open, records, { taskId: await planTask() });
    const again = await load(open, [...records].reverse(), { taskId: await planTask() });

    expect([first, again]).toEqual([
      { pages: 1, insertedCount: 2500 },
      { pages: 1, insertedCount: 0 },
    ]);
    expect(await rowsOf(open)).toHaveLength(2500);
  });

  it('are one row where a page holds an event twice', async () => {
    const outcome = await load(open, [{}, { BatchID: '8' }, {}, {}], { taskId: await planTask() });
    expect(outcome.insertedCount).toBe(2);
  });

  it('are two where two links are clicked at one instant, by id or by text', async () => {
    const links = [
      { URLID: '5' },
      { URLID: '6' },
      { URL: 'https://example.com/?a' },
      { URLID: null },
      { URL: null },
      {},
    ];
    const outcome = await load(click, links, { taskId: await planTask() });
    expect(outcome.insertedCount).toBe(5);
  });

  it('hold links of 10,000 characters that differ in the last one', async () => {
    const long = `https://example.com/${'a'.repeat(9_980)}`;
    const links = [{ URL: `${long}1` }, { URL: `${long}2` }, { URL: `${long}1` }];
    const outcome = await load(click, links, { taskId: await planTask() });

    expect(outcome.insertedCount).toBe(2);
    expect((await rowsOf(click)).map((row) => String(row['url']).length)).toEqual([10_001, 10_001]);
  });

  it('are equal where batch, subscriber and list are missing in both, and differ from empty text', async () => {
    const absent = { BatchID: null, SubscriberKey: null, ListID: null };
    const first = await load(sent, [absent, absent], { taskId: await planTask() });
    const again = await load(sent, [absent, { ...absent, SubscriberKey: '' }, { ...absent, BatchID: '0' }], {
      taskId: await planTask(),
    });
    expect([first.insertedCount, again.insertedCount]).toEqual([1, 2]);
  });

  it.each(['007', '1e5', '12345678901234567890', '  leading', 'Zoë 🎉', '', "'; drop table x --", '{"a\\'])(
    'keep text exactly as sent: %j',
    async (text) => {
      await load(click, [{ SubscriberKey: text, URL: text }], { taskId: await planTask() });
      expect(await rowsOf(click)).toMatchObject([{ subscriber_key: text, url: text }]);
    },
  );

  it('may spread over months, and the longest key that is let in fits the index', async () => {
    const taskId = await planTask();
    // Three bytes each in UTF-8, in no order that Postgres could compress.
    const codes = Array.from({ length: 800 }, (_, index) => 0x4e00 + ((index * index * 7919) % 20_011));
    const incompressible = String.fromCharCode(...codes);
    const outcome = await load(
      open,
      [
        { EventDate: '2024-06-30T17:59:59.999' },
        { EventDate: '2024-06-30T18:00:00', SubscriberKey: incompressible },
      ],
      { taskId },
    );
    expect(outcome.insertedCount).toBe(2);
    const { rows } = await pool.query('select from tracking.open_events_y2024m06');
    expect(rows).toHaveLength(1);
  });
});

describe('a page that is assumed to be new', () => {
  it('loads without looking for conflicts and counts its rows', async () => {
    const taskId = await planTask();
    const loaded = await load(open, [{ SubscriberKey: 'fresh 1' }, { SubscriberKey: 'fresh 2' }], {
      taskId,
      isInsertOnly: true,
    });

    expect(loaded).toEqual({ pages: 1, insertedCount: 2 });
  });

  it('is refused whole, and writes no progress, when one of its rows is there already', async () => {
    const taskId = await planTask();
    await load(open, [{ SubscriberKey: 'known' }], { taskId });
    const before = await taskRow(taskId);
    const again = load(open, [{ SubscriberKey: 'known' }, { SubscriberKey: 'new' }], {
      taskId,
      isInsertOnly: true,
    });

    await expect(again).rejects.toMatchObject({ code: '23505' });
    expect(await taskRow(taskId)).toEqual(before);
  });

  it('is refused when it holds an event twice', async () => {
    const taskId = await planTask();
    const twice = load(open, [{ SubscriberKey: 'twin' }, { SubscriberKey: 'twin' }], {
      taskId,
      isInsertOnly: true,
    });

    await expect(twice).rejects.toMatchObject({ code: '23505' });
  });
});

describe('the progress of a task', () => {
  it('counts every page and keeps the latest event', async () => {
    const taskId = await planTask();
    const triggered = { TriggeredSendDefinitionObjectID: '4f1c2f8e-6f0e-4d5a-9d0a-0123456789ab' };
    await load(open, [{}, triggered, { EventDate: 'x' }], { taskId });
    await load(open, [{ EventDate: '2024-07-01T09:00:00' }], {
      taskId,
      requestId: 'request-2',
      requestCount: 3,
    });

    expect(await taskRow(taskId)).toEqual({
      ...{
        state: 'running',
        request_id: 'request-2',
        pages: 2,
        records: 4,
        inserted: 2,
        rejected: 1,
        requests: 4,
      },
      ...{
        triggered_send_id: '4f1c2f8e-6f0e-4d5a-9d0a-0123456789ab',
        last_event_at: '2024-07-01 16:00:00.8+00',
      },
      ...{ is_settled: false, is_finished: false },
    });
  });

  it('is done with the last page, also with an empty one', async () => {
    const taskId = await planTask();
    expect(await load(open, [], { taskId, requestId: null, finish: 'task' })).toEqual({
      pages: 1,
      insertedCount: 0,
    });

    expect(await taskRow(taskId)).toEqual({
      ...{ state: 'done', request_id: null, pages: 1, records: 0, inserted: 0, rejected: 0, requests: 1 },
      ...{ triggered_send_id: null, last_event_at: null, is_settled: true, is_finished: true },
    });
  });

  it.each([
    [false, [{}]],
    [true, [{}]],
    [true, [{}, { SendID: '43' }]],
  ])('stays as it was, and so do the tables, when the fence is lost', async (isInsertOnly, records) => {
    const taskId = await planTask(2);
    const before = await taskRow(taskId);

    expect(await load(open, records, { taskId, fence: 1, finish: 'task', isInsertOnly })).toEqual({
      pages: undefined,
      insertedCount: 0,
    });
    expect(await taskRow(taskId)).toEqual(before);
    expect(await rowsOf(open)).toEqual([]);
  });

  it('belongs to one of two racing owners: the late one waits, and writes nothing', async () => {
    const taskId = await planTask(1);
    const late = await inTransaction(pool, async (tx) => {
      await tx.query('update pipeline.extract_tasks set fence = 2 where id = $1', [taskId]);
      // Sent while the new owner's taking is not committed: it must wait for it, then see the new fence.
      const waiting = load(open, [{ SubscriberKey: 'late' }], { taskId, fence: 1 });
      await untilWaiting(pool, 1);
      await load(open, [{ SubscriberKey: 'new' }], { taskId, fence: 2 }, tx);
      return { waiting };
    });

    expect(await late.waiting).toEqual({ pages: undefined, insertedCount: 0 });
    expect(await rowsOf(open)).toMatchObject([{ subscriber_key: 'new' }]);
    expect(await taskRow(taskId)).toMatchObject({ pages: 1, records: 1 });
  });

  it('commits with the rows or not at all', async () => {
    const taskId = await planTask();
    await pool.query(`
      create function fail() returns trigger language plpgsql as $$ begin raise exception 'disk full'; end $$;
      create trigger fail before update on pipeline.extract_tasks for each row execute function fail()`);
    await expect(load(open, [{}], { taskId })).rejects.toThrow('disk full');
    await pool.query(`drop trigger fail on pipeline.extract_tasks`);
    expect(await rowsOf(open)).toEqual([]);

    await pool.query(
      `create trigger fail before insert on tracking.open_events for each row execute function fail()`,
    );
    await expect(load(open, [{}], { taskId })).rejects.toThrow('disk full');
    await pool.query('drop trigger fail on tracking.open_events; drop function fail');
    expect(await taskRow(taskId)).toMatchObject({ pages: 0, request_id: null });

    expect(await load(open, [{}], { taskId })).toEqual({ pages: 1, insertedCount: 1 });
  });

  it('moves on under every task when four load the same events in another order at once', async () => {
    const records = Array.from({ length: 2000 }, (_, index) => ({
      SubscriberKey: `p${index}`,
      BatchID: String(index % 9),
    }));
    const orders = [
      records,
      [...records].reverse(),
      records.slice(500),
      [...records.slice(0, 1500)].reverse(),
    ];
    const outcomes = await Promise.all(
      orders.map(async (order) => {
        const taskId = await planTask();
        return await inTransaction(pool, (tx) => load(open, order, { taskId }, tx));
      }),
    );

    expect(outcomes.every((outcome) => outcome.pages === 1)).toBe(true);
    expect(outcomes.reduce((sum, outcome) => sum + outcome.insertedCount, 0)).toBe(2000);
  });
});
