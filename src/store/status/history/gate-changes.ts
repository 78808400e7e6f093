import type { Queryable } from '../../connection/pool.ts';

/** The gate as it was from an instant on. */
export interface GateChange {
  readonly changedAt: Date;
  readonly gate: 'open' | 'closed';
  readonly systemStatus: string;
  readonly reason: string | null;
}

/** Enough to see a bad week. */
const shownMax = 20;

/** When the gate opened and closed, the latest first. */
export async function readGateChanges(database: Queryable): Promise<GateChange[]> {
  const { rows } = await database.query<GateChange>(
    `select changed_at as "changedAt", gate, system_status as "systemStatus", reason
     from pipeline.gate_changes order by changed_at desc limit ${shownMax}`,
  );
  return rows;
}
