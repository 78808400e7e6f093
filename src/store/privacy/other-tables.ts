import type { Pool, Queryable } from '../connection/pool.ts';

/** Rejected records that hold a text, in the order of their ids. */
export async function findRejectedWith(
  database: Queryable,
  texts: readonly string[],
): Promise<{ id: number; record: string; delimiter: string | null }[]> {
  const { rows } = await database.query<{ id: number; record: string; delimiter: string | null }>(
    `select id, record, file ->> 'delimiter' as delimiter from pipeline.rejected_records
     where exists (select from unnest($1::text[]) as part (piece) where strpos(record, part.piece) > 0) order by id`,
    [texts],
  );
  return rows;
}

/** What files say of people besides events; found by the index on its subscriber key. */
export async function eraseDetails(pool: Pool, subscriberKey: string): Promise<number> {
  const { rowCount } = await pool.query('delete from tracking.extract_details where subscriber_key = $1', [
    subscriberKey,
  ]);
  return rowCount ?? 0;
}
