import type { Queryable } from '../../../src/store/connection/pool.ts';
import { eventually } from '../clock.ts';

/** Waits until that many processes of a command are registered: from then on they end as they should when they are told to. */
export async function untilRegistered(database: Queryable, command: string, processes = 1): Promise<void> {
  await eventually(`${processes} processes of ${command}`, async () => {
    const { rowCount } = await database.query(
      'select from pipeline.processes where command = $1 and ended_at is null',
      [command],
    );
    return rowCount === processes;
  });
}
