import type { PageColumns } from '../columns/page.ts';
import type { DimensionDefinition } from '../dimensions/define-dimension.ts';
import { arrayTypes, binaryArrayOf } from './load/binary-arrays.ts';
import type { Queryable } from './pool.ts';

/**
 * Writes a page of a dimension. Rows that the source does not return any more stay as they were.
 *
 * Rows are written in the order of the key, so that two pages with the same rows wait for each other and cannot
 * deadlock.
 */
export async function upsertDimension(
  database: Queryable,
  definition: DimensionDefinition,
  accountId: number,
  page: PageColumns,
): Promise<void> {
  if (page.rowCount === 0) return;
  await database.query({
    name: `upsert_${definition.table}`,
    text: upsertStatement(definition),
    values: [
      accountId,
      ...Array.from(page.columns.values(), (column) => binaryArrayOf(column, page.rowCount)),
    ],
  });
}

/** One row per key also where a page names it twice: `on conflict` refuses to update a row twice. */
function upsertStatement({ table, columns, key, trimmed, setOnUpsert }: DimensionDefinition): string {
  const names = Object.keys(columns);
  const arrays = Object.values(columns).map(({ kind }, index) => `$${index + 2}::${arrayTypes[kind]}`);
  const values = names.map((name) => (trimmed.includes(name) ? `rtrim(page.${name})` : `page.${name}`));
  const keyOfPage = key.map((name) => `page.${name}`).join(', ');
  const written = [...names, ...Object.keys(setOnUpsert)];
  return `
    insert into tracking.${table} (account_id, ${written.join(', ')})
    select distinct on (${keyOfPage}) $1::bigint, ${[...values, ...Object.values(setOnUpsert)].join(', ')}
    from unnest(${arrays.join(', ')}) as page (${names.join(', ')})
    order by ${keyOfPage}
    on conflict (account_id, ${key.join(', ')}) do update
    set ${written.map((name) => `${name} = excluded.${name}`).join(', ')}`;
}
