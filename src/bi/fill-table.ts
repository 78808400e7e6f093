import type { Queryable } from '../store/connection/pool.ts';
import { statement } from './statement.ts';

/** Rows of a working table from which Postgres has to know what is in it; fewer are joined in any way within milliseconds. */
const analyzedRowsMin = 500;

/** Fills a working table, and has Postgres look at these columns of what is in it; returns the number of rows. */
export async function fillTable(
  tx: Queryable,
  table: string,
  name: string,
  values: unknown[],
  needed?: ReadonlySet<string>,
): Promise<number> {
  const { rowCount } = await tx.query(statement(name, needed), values);
  const rows = rowCount ?? 0;
  if (rows >= analyzedRowsMin) await tx.query(`analyze pg_temp.${table}`);
  return rows;
}
