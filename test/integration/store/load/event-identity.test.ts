import fc from 'fast-check';
import type pg from 'pg';
import { click } from '../../../../src/events/click.ts';
import { createColumnPage } from '../../../../src/columns/page.ts';
import { type EventDefinition, requestedProperties } from '../../../../src/events/define-event.ts';
import { open } from '../../../../src/events/open.ts';
import { sent } from '../../../../src/events/sent.ts';
import { createEventLoader } from '../../../../src/store/load/event-loader.ts';
import { createPartitionKeeper } from '../../../../src/store/load/partitions.ts';
import { createPool } from '../../../../src/store/connection/pool.ts';
import { createTestDatabase, type TestDatabase } from '../../../support/postgres/database.ts';
import { pageInTask } from '../../../support/stored/ledger.ts';

type Values = Readonly<Record<string, string | null>>;

const seed = Number(process.env['PROPERTY_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const accountId = 7_000_001;
const jobId = 42;
const loader = createEventLoader();
let database: TestDatabase;
let pool: pg.Pool;

beforeAll(async () => {
  process.stderr.write(`event identity: PROPERTY_SEED=${seed}\n`);
  database = await createTestDatabase();
  pool = createPool({ databaseUrl: database.url, connectionsMax: 2, applicationName: 'test' });
  const keeper = createPartitionKeeper({ pool });
  for (const { table } of [sent, open, click])
    await keeper.ensureMonths(table, Date.UTC(2024, 5) * 1000, Date.UTC(2024, 6) * 1000);
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

// Few values, so that most records are somebody's near twin; some differ only where no index entry reaches.
const longKey = 'k'.repeat(3000);
const long = `https://www.example.com/?q=${'a'.repeat(3000)}`;
const values = {
  EventDate: [
    '2024-06-30T23:59:59.997',
    '2024-06-30T23:59:59.9970001',
    '2024-06-30T23:59:59.997001',
    '2024-07-01T00:00:00',
  ],
  BatchID: [null, '0', '1', '-1', '2147483647', '-2147483648'],
  SubscriberKey: [
    null,
    '',
    '7',
    '007',
    'a@example.com',
    'A@example.com',
    'a@example.com ',
    'dörte.😀@example.com',
    `${longKey}1`,
    `${longKey}2`,
  ],
  URLID: [null, '5', '6'],
  URL: [null, 'https://www.example.com/', `${long}1`, `${long}2`],
  ListID: [null, '1', '2'],
} as const;

const record = fc.record(
  Object.fromEntries(Object.entries(values).map(([name, of]) => [name, fc.constantFrom(...of)])),
);

/** Pages of records and the same records otherwise: in another order, cut elsewhere, some of them again. */
const deliveries = fc.array(record, { minLength: 1, maxLength: 40 }).chain((records) =>
  fc.record({
    once: fc.constant(records),
    again: fc
      .tuple(fc.shuffledSubarray(records, { minLength: records.length }), fc.subarray(records))
      .map(([shuffled, repeated]) => [...shuffled, ...repeated]),
    pageSizes: fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 7 })),
  }),
);

async function deliver(
  definition: EventDefinition,
  records: readonly Values[],
  pageSize: number,
): Promise<void> {
  const { rows } = await pool.query<{ id: number }>(
    `insert into pipeline.extract_tasks
       (root_id, origin, account_id, job_id, event_type, window_from, window_to, state, fence)
     values (0, 'backfill', $1, $2, $3, '2024-06-01', '2024-07-02', 'running', 1) returning id`,
    [accountId, jobId, definition.name],
  );
  const task = { taskId: rows[0]?.id ?? 0, fence: 1, origin: 'backfill' as const };
  for (let first = 0; first < records.length; first += pageSize) {
    const page = createColumnPage(definition, { accountId, jobId });
    for (const one of records.slice(first, first + pageSize)) {
      const whole: Values = { 'Client.ID': String(accountId), SendID: String(jobId), ...one };
      page.append(requestedProperties(definition).map((property) => whole[property] ?? null));
    }
    const finished = page.finish();
    expect(finished.rejected).toEqual([]);
    await loader.loadPage(pool, pageInTask({ definition, columns: finished }, task), false);
  }
}

async function takeTable({ table, columns }: EventDefinition): Promise<string[]> {
  const names = Object.keys(columns).map((name) => `${name}::text`);
  const { rows } = await pool.query<{ row: string }>(
    `select json_build_array(${names.join(', ')})::text as row from tracking.${table}`,
  );
  await pool.query(`truncate tracking.${table}, pipeline.extract_tasks`);
  return rows.map(({ row }) => row).sort();
}

/** Digits beyond the microsecond are cut; all else that the identity names must agree. */
function countIdentities(definition: EventDefinition, records: readonly Values[]): number {
  const properties = requestedProperties(definition).filter((name) => name in values);
  return new Set(
    records.map((one) =>
      JSON.stringify(properties.map((name) => (name === 'EventDate' ? microseconds(one[name]) : one[name]))),
    ),
  ).size;
}

function microseconds(text: string | null | undefined): string {
  const [whole = '', fraction = ''] = (text ?? '').split('.');
  return `${whole}.${fraction.padEnd(6, '0').slice(0, 6)}`;
}

describe('the events of a job', () => {
  it.each([sent, open, click])(
    'are the same rows of $table in any order, on any pages, however often they come',
    async (definition) => {
      await fc.assert(
        fc.asyncProperty(deliveries, async ({ once, again, pageSizes }) => {
          await deliver(definition, once, pageSizes[0]);
          const first = await takeTable(definition);
          await deliver(definition, again, pageSizes[1]);
          const second = await takeTable(definition);

          expect(second).toEqual(first);
          expect(first).toHaveLength(countIdentities(definition, once));
        }),
        { seed, numRuns: 25 },
      );
    },
    120_000,
  );
});
