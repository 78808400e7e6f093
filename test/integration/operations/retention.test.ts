import { rebuildRollups, refreshRollups } from '../../../src/bi/refresh.ts';
import { dropMonths } from '../../../src/operations/housekeeping/drop-months.ts';
import { createPartitionKeeper } from '../../../src/store/load/partitions.ts';
import { inTransaction } from '../../../src/store/connection/pool.ts';
import { openStore, type Store } from '../../support/stored/ledger.ts';
import { emptyRollupsAndEvents, readRollups, sorted } from '../../support/analysts/rollups.ts';
import { loadEvents, makeMonths, type TestEvent } from '../../support/analysts/tracking-events.ts';

let store: Store;

beforeAll(async () => {
  store = await openStore();
});
beforeEach(() => makeMonths(store.pool, '2026-01-01', '2026-07-01'));
afterEach(() => emptyRollupsAndEvents(store.pool));
afterAll(() => store.close());

const never = new AbortController().signal;
const now = () => new Date('2026-06-15T12:00:00Z');
const refresh = () => refreshRollups(store.pool, { waits: true });

function event(type: TestEvent['type'], jobId: number, key: string, occurredAt: string): TestEvent {
  return { type, account_id: 1, job_id: jobId, batch_id: 0, subscriber_key: key, occurred_at: occurredAt };
}

const old = ['anna', 'ben'].flatMap((key) => [
  event('sent', 41, key, '2026-01-10T08:00:00Z'),
  event('open', 41, key, '2026-01-31T23:59:59Z'),
  event('open', 41, key, '2026-05-02T09:00:00Z'),
]);
const young = [
  event('sent', 42, 'anna', '2026-05-10T08:00:00Z'),
  event('open', 42, 'anna', '2026-05-10T09:00:00Z'),
];

const drop = (months: readonly (readonly [string, number])[]) =>
  dropMonths({ pool: store.pool, retention: new Map(months), now }, never);

async function column<Value>(query: string): Promise<Value[]> {
  const { rows } = await store.pool.query<{ value: Value }>(query);
  return rows.map(({ value }) => value);
}

const monthsOf = (table: string) =>
  column<string>(
    `select right(relname, 8) as value from pg_class
     where relnamespace = 'tracking'::regnamespace and relkind = 'r' and relname like '${table}\\_y____m__' order by 1`,
  );

describe('dropMonths', () => {
  it('takes details with the events of their type, and drops their months once no type is kept', async () => {
    await loadEvents(store.pool, [...old, ...young]);
    const [first, last] = ['2026-01-01', '2026-06-01'].map((day) => Date.parse(day) * 1000);
    const partitions = createPartitionKeeper(store);
    await partitions.ensureMonths('extract_details', first ?? 0, last ?? 0);
    await store.pool.query(
      `insert into tracking.extract_details (account_id, event_type, occurred_at, job_id, file_digits, event_hash, number)
       select 1, event_type, make_timestamptz(2026, month, 10, 0, 0, 0, 'UTC'), 41, 0, 0, 1
       from unnest(array['open', 'unsub', 'complaint']) as type (event_type), generate_series(1, 6) as month`,
    );
    const kept = () =>
      column<string>(
        `select event_type || ' ' || string_agg(to_char(occurred_at at time zone 'UTC', 'MM'), ' ' order by occurred_at) as value
         from tracking.extract_details group by event_type order by event_type`,
      );
    await drop([['open', 3]]);
    expect(await kept()).toEqual([
      'complaint 01 02 03 04 05 06',
      'open 03 04 05 06',
      'unsub 01 02 03 04 05 06',
    ]);
    expect(await monthsOf('extract_details')).toHaveLength(6);
    await drop(['open', 'click', 'unsub', 'not_sent'].map((type) => [type, 2] as const));
    expect(await monthsOf('extract_details')).toEqual(['y2026m04', 'y2026m05', 'y2026m06']);
    await drop([['unsub', 1]]);
    expect(await kept()).toEqual(['complaint 05 06', 'open 04 05 06', 'unsub 05 06']);
    await store.pool.query('truncate tracking.extract_details');
  });

  it('drops whole months before the edge, of the event types that have one', async () => {
    await loadEvents(store.pool, [...old, ...young]);
    expect(await drop([['open', 3]])).toEqual({ months: 2, left: 0 });
    expect(await monthsOf('open_events')).toEqual(['y2026m03', 'y2026m04', 'y2026m05', 'y2026m06']);
    expect(await monthsOf('sent_events')).toHaveLength(6);
    expect(await column('select count(*)::int as value from tracking.open_events')).toEqual([3]);
    expect(await drop([['open', 3]])).toEqual({ months: 0, left: 0 });
  });

  it('leaves the rollups as they were, also when they are built anew, and goes on with younger jobs', async () => {
    await loadEvents(store.pool, [...old, ...young]);
    await refresh();
    const before = await rollups();
    await drop([
      ['sent', 3],
      ['open', 3],
    ]);
    await rebuildRollups(store.pool);
    expect(await rollups()).toBe(before);
    const frozen = 'select job_id as value from tracking.job_totals where frozen_at is not null';
    expect(await column(frozen)).toEqual([41]);

    await loadEvents(store.pool, [
      event('open', 42, 'anna', '2026-05-11T09:00:00Z'),
      event('open', 41, 'ben', '2026-05-11T09:00:00Z'),
    ]);
    await refresh();
    const opens = 'select open_events::int as value from tracking.job_totals order by job_id';
    expect(await column(opens)).toEqual([4, 2]);
  });

  it('counts what is not in the rollups yet before it leaves', async () => {
    await loadEvents(store.pool, old);
    await drop([['open', 3]]);
    expect(await column('select open_events::int as value from tracking.job_totals')).toEqual([4]);
  });

  it('leaves a month where a reader holds the table, changes nothing, and drops it the next time', async () => {
    await loadEvents(store.pool, old);
    await inTransaction(store.pool, async (reader) => {
      await reader.query('select count(*) from tracking.open_events');
      await expect(drop([['open', 4]])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    });
    expect(
      await column('select count(*)::int as value from tracking.job_totals where frozen_at is not null'),
    ).toEqual([0]);
    expect(await drop([['open', 4]])).toEqual({ months: 1, left: 0 });
  });

  it('drops a month that was left detached', async () => {
    await store.pool.query('alter table tracking.open_events detach partition tracking.open_events_y2026m01');
    expect(await drop([['open', 4]])).toEqual({ months: 1, left: 0 });
    expect(await monthsOf('open_events')).not.toContain('y2026m01');
  });

  it('notes from when events are kept, and forgets it with the setting', async () => {
    await drop([['open', 3]]);
    const edges = `select event_type || ' ' || to_char(kept_from at time zone 'UTC', 'YYYY-MM-DD') as value from pipeline.retention`;
    expect(await column(edges)).toEqual(['open 2026-03-01']);
    await drop([]);
    expect(await column(edges)).toEqual([]);
  });
});

/** All rollups as text, without the instant of the freeze. */
async function rollups(): Promise<string> {
  return JSON.stringify(sorted(await readRollups(store.pool))).replaceAll(
    /\\*"frozen_at\\*":(\\*"[^"\\]*\\*"|null)/gu,
    '',
  );
}
