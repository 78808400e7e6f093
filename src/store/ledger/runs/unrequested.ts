import type { Queryable } from '../../connection/pool.ts';
import type { OwnedTask } from '../task-ledger.ts';

/** Counts events that were read and not requested. */
export async function noteUnrequested(
  database: Queryable,
  { taskId }: OwnedTask,
  events: number,
): Promise<void> {
  await database.query('update pipeline.extract_tasks set unrequested = unrequested + $2 where id = $1', [
    taskId,
    events,
  ]);
}

export interface UnrequestedEvents {
  readonly accountId: number;
  readonly eventType: string;
  readonly events: number;
}

/** Events of a run that were read and not requested, by account and event type. */
export async function findUnrequested(database: Queryable, runId: number): Promise<UnrequestedEvents[]> {
  const { rows } = await database.query<UnrequestedEvents>(
    `select account_id as "accountId", event_type as "eventType", sum(unrequested)::bigint as events
     from pipeline.extract_tasks where run_id = $1 and unrequested > 0
     group by account_id, event_type order by account_id, event_type`,
    [runId],
  );
  return rows;
}
