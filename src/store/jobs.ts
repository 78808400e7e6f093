import type { PageColumns } from '../columns/page.ts';
import type { ObjectDefinition } from '../events/define-event.ts';
import { arrayTypes, binaryArrayOf } from './load/binary-arrays.ts';
import type { Queryable } from './pool.ts';

/** A table of the schema `tracking` whose rows change: one row per key, the latest reading wins. */
export interface Dimension {
  readonly definition: ObjectDefinition;
  /** The key after `account_id`. */
  readonly key: string;
  /** Columns that Marketing Cloud pads with spaces to their full length. */
  readonly trimmed: readonly string[];
  /** Columns set with each reading, as SQL. */
  readonly setOnUpsert: Readonly<Record<string, string>>;
}

/** Writes a page of a dimension; rows that are not returned any more stay as they were. */
export async function upsertDimension(
  database: Queryable,
  { definition, key, trimmed, setOnUpsert }: Dimension,
  accountId: number,
  page: PageColumns,
): Promise<void> {
  if (page.rowCount === 0) return;
  const names = Object.keys(definition.columns);
  const arrays = Object.values(definition.columns).map(
    ({ kind }, index) => `$${index + 2}::${arrayTypes[kind]}`,
  );
  const values = names.map((name) => (trimmed.includes(name) ? `rtrim(page.${name})` : `page.${name}`));
  const columns = [...names, ...Object.keys(setOnUpsert)];
  await database.query({
    name: `upsert_${definition.table}`,
    text: `
      insert into tracking.${definition.table} (account_id, ${columns.join(', ')})
      select distinct on (page.${key}) $1::bigint, ${[...values, ...Object.values(setOnUpsert)].join(', ')}
      from unnest(${arrays.join(', ')}) as page (${names.join(', ')})
      on conflict (account_id, ${key}) do update
      set ${columns.map((name) => `${name} = excluded.${name}`).join(', ')}`,
    values: [
      accountId,
      ...Array.from(page.columns.values(), (column) => binaryArrayOf(column, page.rowCount)),
    ],
  });
}

/** Enters jobs of which only the id could be read, so that their events are asked for. */
export async function addStubJobs(
  database: Queryable,
  accountId: number,
  jobIds: readonly number[],
): Promise<void> {
  if (jobIds.length === 0) return;
  await database.query(
    `insert into tracking.jobs (account_id, job_id, is_stub)
     select $1, job_id, true from unnest($2::bigint[]) as page (job_id)
     on conflict do nothing`,
    [accountId, jobIds],
  );
}
