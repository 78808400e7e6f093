import type { Queryable } from '../connection/pool.ts';

export interface GateStatus {
  readonly state: 'open' | 'closed';
  readonly systemStatus: string;
  readonly reason: string | null;
  readonly closedAt: Date | null;
  /** When a closed gate last opened again; null: it was never closed. */
  readonly openedAt: Date | null;
  readonly nextCheckAt: Date | null;
}

const neverClosed: GateStatus = {
  state: 'open',
  systemStatus: 'OK',
  reason: null,
  closedAt: null,
  openedAt: null,
  nextCheckAt: null,
};

/** The global status container: whether requests may be sent. */
export async function readGate(database: Queryable): Promise<GateStatus> {
  const { rows } = await database.query<GateStatus>(
    `select gate as state, system_status as "systemStatus", reason, closed_at as "closedAt",
            opened_at as "openedAt", next_check_at as "nextCheckAt"
     from pipeline.system_status`,
  );
  const gate = rows[0] ?? neverClosed;
  return gate.state === 'closed' ? gate : { ...gate, reason: null, closedAt: null, nextCheckAt: null };
}
