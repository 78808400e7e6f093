import type { Queryable } from './connection/pool.ts';

/** An alert that is on. */
export interface KnownAlert {
  readonly alert: string;
  readonly text: string;
  readonly beganAt: Date;
  /** Null: no webhook has accepted it yet. */
  readonly notifiedAt: Date | null;
}

export async function readAlerts(database: Queryable): Promise<KnownAlert[]> {
  const { rows } = await database.query<KnownAlert>(
    `select alert, text, began_at as "beganAt", notified_at as "notifiedAt"
     from pipeline.alerts order by began_at, alert`,
  );
  return rows;
}

/** Notes alerts that began. One that is known stays as it is. */
export async function addAlerts(
  database: Queryable,
  alerts: readonly { readonly alert: string; readonly text: string }[],
): Promise<void> {
  await database.query(
    `insert into pipeline.alerts (alert, text)
     select alert, text from unnest($1::text[], $2::text[]) as began (alert, text)
     on conflict (alert) do nothing`,
    [alerts.map(({ alert }) => alert), alerts.map(({ text }) => text)],
  );
}

/** Notes what the webhook accepted: the alerts that are on, and those that are over, which are forgotten. */
export async function settleAlerts(
  database: Queryable,
  { on, over }: { readonly on: readonly string[]; readonly over: readonly string[] },
): Promise<void> {
  await database.query(
    `with ended as (delete from pipeline.alerts where alert = any($2))
     update pipeline.alerts set notified_at = now() where alert = any($1)`,
    [on, over],
  );
}
