import knex from 'knex';
import { down, up } from '../../../../migrations/20261126093000_index_events_by_job_first.ts';
import { eventCatalog } from '../../../../src/events/catalog.ts';
import { inTransaction } from '../../../../src/store/connection/pool.ts';
import { createPartitionKeeper } from '../../../../src/store/load/partitions.ts';
import { knexConfig } from '../../../../src/store/schema/migrate.ts';
import { openStore, type Store } from '../../../support/stored/ledger.ts';

let store: Store;
let client: knex.Knex;

beforeEach(async () => {
  store = await openStore();
  client = knex(knexConfig(store.url));
});
afterEach(async () => {
  await client.destroy();
  await store.close();
});

async function makeMonth(table: string, month: number): Promise<void> {
  const micros = Date.UTC(2024, month - 1) * 1000;
  await createPartitionKeeper({ pool: store.pool }).ensureMonths(table, micros, micros);
}

async function insertOpens(): Promise<number> {
  const { rowCount } = await store.pool.query(
    `insert into tracking.open_events (account_id, occurred_at, job_id, batch_id, subscriber_key)
     select 1, '2024-05-05', 42, batch, key
     from unnest(array[null, 0, 1]) as batch, unnest(array['a@example.com', 'A@example.com', '', null]) as key
     on conflict do nothing`,
  );
  return rowCount ?? 0;
}

/** The indexes of a table and its months: what each is a part of, and on what it is. */
async function indexesOf(table: string): Promise<string[]> {
  const { rows } = await store.pool.query<{ line: string }>(
    `select concat_ws(' ', indrelid::regclass, 'in', inhparent::regclass, case when indisvalid then '' else 'INVALID' end,
              regexp_replace(pg_get_indexdef(indexrelid), '^.* USING ', '')) as line
     from pg_index left join pg_inherits on inhrelid = indexrelid
     where indrelid in (select relid from pg_partition_tree($1))
     order by 1`,
    [`tracking.${table}`],
  );
  return rows.map(({ line }) => line);
}

const hash = 'hash_record_extended(ROW(batch_id, subscriber_key), (0)::bigint)';
const jobFirst = [
  `brin (occurred_at) WITH (pages_per_range='32')`,
  `btree (job_id, occurred_at, ${hash}, account_id) NULLS NOT DISTINCT`,
];

it('events are indexed by job and date, back and again, in months with rows, without losing or doubling a row', async () => {
  await makeMonth('open_events', 5);
  expect(await insertOpens()).toBe(12);
  const before = await indexesOf('open_events');
  expect(before).toHaveLength(4);
  await down(client);
  expect(await insertOpens()).toBe(0);
  expect(await indexesOf('open_events')).toEqual([
    expect.stringContaining(`btree (account_id, occurred_at, job_id, ${hash}) NULLS NOT DISTINCT`),
    expect.stringContaining('btree (job_id)'),
    expect.stringContaining(`btree (account_id, occurred_at, job_id, ${hash}) NULLS NOT DISTINCT`),
    expect.stringContaining('btree (job_id)'),
  ]);
  await up(client);
  expect(await insertOpens()).toBe(0);
  expect(await indexesOf('open_events')).toEqual(before);
});

it('the months of each table, from before and after, have both', async () => {
  const tables = eventCatalog.map(({ table }) => table);
  await down(client);
  for (const table of tables) await makeMonth(table, 5);
  await up(client);
  for (const table of tables) await makeMonth(table, 6);
  for (const table of tables) {
    const indexes = await indexesOf(table);
    for (const month of ['05', '06']) {
      for (const name of ['identity', 'date']) {
        const line = `tracking.${table}_y2024m${month} in tracking.${table}_${name} `;
        expect(indexes).toContainEqual(expect.stringContaining(line));
      }
    }
    expect(indexes.join('\n')).not.toMatch(/INVALID|_job |\(account_id, occurred_at/u);
  }
});

it('goes on where it was broken off, and waits for readers of a table', async () => {
  await down(client);
  await makeMonth('open_events', 5);
  await insertOpens();
  await store.pool.query(
    `create unique index open_events_y2024m05_identity_next on tracking.open_events_y2024m05
       (job_id, occurred_at, hash_record_extended(row(batch_id, subscriber_key), 0), account_id) nulls not distinct`,
  );
  let isRead = false;
  const reading = inTransaction(store.pool, async (tx) => {
    await tx.query('select count(*) from tracking.open_events');
    await tx.query('select pg_sleep(3)');
    isRead = true;
  });
  await Promise.all([up(client), reading]);
  expect(isRead).toBe(true);
  const [date, identity] = jobFirst;
  expect(await indexesOf('open_events')).toEqual(
    [date, identity, date, identity].map((line): unknown => expect.stringContaining(line ?? 'none')),
  );
});
