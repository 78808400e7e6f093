import knex from 'knex';
import { down, up } from '../../../../migrations/20261122053000_index_identities_by_hash.ts';
import { knexConfig } from '../../../../src/store/schema/migrate.ts';
import { createPartitionKeeper } from '../../../../src/store/load/partitions.ts';
import { createPool, type Pool } from '../../../../src/store/connection/pool.ts';
import { createTestDatabase, type TestDatabase } from '../../../support/postgres/database.ts';

const eventTables = [
  'sent_events',
  'open_events',
  'click_events',
  'bounce_events',
  'unsub_events',
  'not_sent_events',
  'forward_events',
  'forward_opt_in_events',
  'survey_events',
];
let database: TestDatabase;
let pool: Pool;
let client: knex.Knex;

beforeEach(async () => {
  database = await createTestDatabase();
  pool = createPool({ databaseUrl: database.url, connectionsMax: 2, applicationName: 'test' });
  client = knex(knexConfig(database.url));
});
afterEach(async () => {
  await client.destroy();
  await pool.end();
  await database.drop();
});

async function makeMonth(table: string, month: number): Promise<void> {
  const micros = Date.UTC(2024, month - 1) * 1000;
  await createPartitionKeeper({ pool }).ensureMonths(table, micros, micros);
}

/** Rows of one instant and one job that differ only in key or batch, or in which of them is null. */
const keys = ['a@example.com', 'A@example.com', 'a@example.com ', '', null];
const batches = [null, 0, 1];

async function insertOpens(month: number): Promise<number> {
  const { rowCount } = await pool.query(
    `insert into tracking.open_events (account_id, occurred_at, job_id, batch_id, subscriber_key)
     select 1, $1, 42, batch, key from unnest($2::bigint[]) as batch, unnest($3::text[]) as key
     on conflict do nothing`,
    [new Date(Date.UTC(2024, month - 1, 5)), batches, keys],
  );
  return rowCount ?? 0;
}

async function rowsAndLoadTimes(): Promise<unknown[]> {
  const { rows } = await pool.query<{ row: unknown }>(
    `select to_json(opens) as row from tracking.open_events as opens order by opens::text`,
  );
  return rows;
}

/** The unique indexes of a table and its months, each with the index it is a part of. */
async function identitiesOf(table: string): Promise<{ parent: string | null; definition: string }[]> {
  const { rows } = await pool.query<{ parent: string | null; definition: string }>(
    `select inhparent::regclass::text as parent, pg_get_indexdef(indexrelid) as definition
     from pg_index left join pg_inherits on inhrelid = indexrelid
     where indisunique and indisvalid and indrelid in (select relid from pg_partition_tree($1))
     order by indrelid::regclass::text`,
    [`tracking.${table}`],
  );
  return rows;
}

describe('the identity by hash', () => {
  it('replaces the identity of whole columns and back, in months with rows, without losing or doubling a row', async () => {
    await client.transaction((tx) => down(tx));
    await makeMonth('open_events', 5);
    expect(await insertOpens(5)).toBe(batches.length * keys.length);
    const before = await rowsAndLoadTimes();

    for (const [step, expected] of [
      [up, /hash_record_extended\(ROW\(batch_id, subscriber_key\)/u],
      [down, /batch_id, subscriber_key\)/u],
      [up, /hash_record_extended\(ROW\(batch_id, subscriber_key\)/u],
    ] as const) {
      await client.transaction((tx) => step(tx));
      expect(await rowsAndLoadTimes()).toEqual(before);
      expect(await insertOpens(5)).toBe(0);
      const identities = await identitiesOf('open_events');
      expect(identities).toHaveLength(2);
      for (const { definition } of identities) expect(definition).toMatch(expected);
    }
  });

  it.each(eventTables)(
    'is the one unique index of %s, and of its months from before and after',
    async (table) => {
      await client.transaction((tx) => down(tx));
      await makeMonth(table, 5);
      await client.transaction((tx) => up(tx));
      await makeMonth(table, 6);

      const identities = await identitiesOf(table);
      expect(identities.map(({ parent }) => parent)).toEqual([
        null,
        `tracking.${table}_identity`,
        `tracking.${table}_identity`,
      ]);
      for (const { definition } of identities) {
        expect(definition).toMatch(
          /\(account_id, occurred_at, job_id, hash_record_extended\(ROW\(batch_id, subscriber_key.*\) NULLS NOT DISTINCT$/u,
        );
      }
    },
  );

  it('changes nothing if it cannot be reverted because a key is too long for an index entry', async () => {
    await makeMonth('open_events', 5);
    await pool.query(
      `insert into tracking.open_events (account_id, occurred_at, job_id, subscriber_key)
       select 1, '2024-05-05', 42, string_agg(md5(n::text), '') from generate_series(1, 200) as n`,
    );
    const before = await identitiesOf('open_events');

    await expect(client.transaction((tx) => down(tx))).rejects.toMatchObject({ code: '54000' });
    expect(await identitiesOf('open_events')).toEqual(before);
  });
});
