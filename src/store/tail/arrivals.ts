import type { Queryable } from '../connection/pool.ts';
import type { OwnedTask } from '../ledger/task-ledger.ts';

/** Notes that the source has a mark for the event type: from now on its response has only what arrived since. */
export async function noteArrivalsRead(
  database: Queryable,
  { accountId, eventType }: Pick<OwnedTask, 'accountId' | 'eventType'>,
): Promise<void> {
  await database.query(
    'update pipeline.tails set arrivals_read_at = now() where account_id = $1 and event_type = $2',
    [accountId, eventType],
  );
}

/**
 * Event types of an account whose arrivals this run has not requested yet: of those whose tail is read by date, since
 * the same reading times out where that does.
 */
export async function findDueArrivals(
  database: Queryable,
  accountId: number,
  eventTypes: readonly string[],
  runStartedAt: Date,
): Promise<string[]> {
  const { rows } = await database.query<{ eventType: string }>(
    `select event_type as "eventType" from pipeline.tails
     where account_id = $1 and event_type = any($2) and rung in (1, 2) and completed_at >= $3
       and coalesce(arrivals_read_at < $3, true)
     order by event_type`,
    [accountId, eventTypes, runStartedAt],
  );
  return rows.map(({ eventType }) => eventType);
}

/** Whether the tail of an account is read by date, or by lists of jobs: its last windows are completely in. */
export async function hasTail(database: Queryable, accountId: number): Promise<boolean> {
  const { rows } = await database.query(
    'select from pipeline.tails where account_id = $1 and rung <= 3 and completed_at is not null limit 1',
    [accountId],
  );
  return rows.length > 0;
}
