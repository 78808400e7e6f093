import type { Pool, Queryable } from '../connection/pool.ts';

/** How long an event type that the account lacks is not requested. */
const askAgainDays = 30;

export interface UnavailableEventType {
  readonly accountId: number;
  readonly eventType: string;
  /** What Marketing Cloud said. */
  readonly reason: string;
  readonly notedAt: Date;
  readonly askAgainAt: Date;
}

/** Notes that the account lacks the feature of an event type; false where that was noted already. */
export async function noteUnavailable(
  tx: Queryable,
  { accountId, eventType, reason }: Pick<UnavailableEventType, 'accountId' | 'eventType' | 'reason'>,
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `insert into pipeline.unavailable_event_types (account_id, event_type, reason, ask_again_at)
     values ($1, $2, $3, now() + make_interval(days => $4))
     on conflict (account_id, event_type) do nothing`,
    [accountId, eventType, reason, askAgainDays],
  );
  return rowCount === 1;
}

/** Event types of the account that are not to be requested yet. */
export async function findUnavailable(database: Queryable, accountId: number): Promise<ReadonlySet<string>> {
  const { rows } = await database.query<{ eventType: string }>(
    `select event_type as "eventType" from pipeline.unavailable_event_types
     where account_id = $1 and ask_again_at > now()`,
    [accountId],
  );
  return new Set(rows.map(({ eventType }) => eventType));
}

/**
 * Forgets those of these event types that may be requested again, and opens the tasks of sync that were skipped.
 * They are open tasks of earlier runs then, which the next plan adopts. Within a transaction.
 */
export async function askAgain(
  tx: Queryable,
  { accountId, eventTypes }: { readonly accountId: number; readonly eventTypes: readonly string[] },
): Promise<void> {
  await tx.query(
    `with over as (
       delete from pipeline.unavailable_event_types
       where account_id = $1 and event_type = any($2) and ask_again_at <= now()
       returning event_type)
     update pipeline.extract_tasks
     set state = 'planned', attempts = 0, restarts = 0, settled_at = null, finished_at = null, updated_at = now()
     where account_id = $1 and event_type in (select event_type from over) and state = 'skipped'
       and origin <> 'backfill' and kind in ('events', 'dimension')`,
    [accountId, eventTypes],
  );
}

/** Lets the next sync request every event type again. */
export async function askAgainSoon(database: Queryable): Promise<void> {
  await database.query('update pipeline.unavailable_event_types set ask_again_at = now()');
}

/** All of them, for the status report. */
export async function readUnavailable(pool: Pool): Promise<UnavailableEventType[]> {
  const { rows } = await pool.query<UnavailableEventType>(
    `select account_id as "accountId", event_type as "eventType", reason, noted_at as "notedAt",
            ask_again_at as "askAgainAt"
     from pipeline.unavailable_event_types order by account_id, event_type`,
  );
  return rows;
}
