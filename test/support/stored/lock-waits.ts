import type { Queryable } from '../../../src/store/connection/pool.ts';
import { eventually } from '../clock.ts';

/** Waits until exactly that many statements of this database wait for locks. Not in a transaction, which sees the same activity each time. */
export async function untilWaiting(database: Queryable, statements: number): Promise<void> {
  await eventually(`${statements} statements that wait for locks`, async () => {
    const { rowCount } = await database.query(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    return rowCount === statements;
  });
}
