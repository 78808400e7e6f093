import type { Queryable } from './connection/pool.ts';

/** Requests of one kind that left on one day. */
export interface RequestCount {
  /** In UTC, such as `2026-07-01`. */
  readonly day: string;
  readonly accountId: number;
  readonly kind: string;
  readonly requests: number;
}

/** Adds requests to those that are counted already, in one statement. */
export async function addRequests(database: Queryable, counts: readonly RequestCount[]): Promise<void> {
  // In the order of the key, so that two processes that add at once never wait for each other in a circle.
  await database.query(
    `insert into pipeline.request_days as counted (day, account_id, kind, requests)
     select day, account_id, kind, requests
     from unnest($1::date[], $2::bigint[], $3::text[], $4::bigint[]) as added (day, account_id, kind, requests)
     order by day, account_id, kind
     on conflict (day, account_id, kind) do update set requests = counted.requests + excluded.requests`,
    [
      counts.map(({ day }) => day),
      counts.map(({ accountId }) => accountId),
      counts.map(({ kind }) => kind),
      counts.map(({ requests }) => requests),
    ],
  );
}
