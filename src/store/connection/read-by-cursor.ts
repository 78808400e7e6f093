import { inTransaction, type Pool, type Queryable, storeErrorFrom } from './pool.ts';

/**
 * Reads the result of a statement as it is when the first rows are read, with memory for one fetch: `take` gets the rows
 * of each, and the next ones are fetched when it is done. Returns the number of rows.
 */
export async function readByCursor<Row>(
  pool: Pool,
  { text, values }: { readonly text: string; readonly values: readonly unknown[] },
  fetch: (tx: Queryable, cursor: string) => Promise<readonly Row[]>,
  take: (rows: readonly Row[]) => Promise<void>,
): Promise<number> {
  let count = 0;
  await inTransaction(pool, async (tx) => {
    await tx.query('set transaction isolation level repeatable read');
    // The one who takes the rows may be slow: a pipe, a network disk.
    await tx.query('set local idle_in_transaction_session_timeout = 0');
    await tx.query(`declare being_read no scroll cursor for ${text}`, [...values]);
    for (;;) {
      const rows = await fetch(tx, 'being_read');
      if (rows.length === 0) return;
      count += rows.length;
      await take(rows);
    }
  }).catch((error: unknown) => {
    throw storeErrorFrom(error);
  });
  return count;
}
