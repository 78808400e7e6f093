import type { Queryable } from '../connection/pool.ts';

/** Requests of one account, retries, status calls and tokens included. */
export interface AccountRequests {
  readonly accountId: number;
  /** Since midnight UTC. */
  readonly requestsToday: number;
  readonly requestsInThirtyDays: number;
  readonly requestsInYear: number;
}

/** How much of the yearly allowance of API calls is used: in the last 365 days, by this installation. */
export interface AllowanceStatus {
  /** Requests that the contract allows in a year. */
  readonly yearlyCalls: number;
  readonly requestsToday: number;
  readonly requestsInThirtyDays: number;
  readonly requestsInYear: number;
  /** Of the yearly allowance: 0.8 is 80 %. */
  readonly share: number;
  /** The first day of the year that has a count; null where nothing was counted yet. */
  readonly countedSince: string | null;
  readonly accounts: readonly AccountRequests[];
}

/** Sums up the requests of a year: about three rows for each account and day. */
export async function readAllowance(
  database: Queryable,
  now: Date,
  yearlyCalls: number,
): Promise<AllowanceStatus> {
  // A range of the primary key.
  const { rows } = await database.query<AccountRequests & { countedSince: string }>(
    `select account_id as "accountId",
            coalesce(sum(requests) filter (where day = today), 0)::bigint as "requestsToday",
            coalesce(sum(requests) filter (where day > today - 30), 0)::bigint as "requestsInThirtyDays",
            sum(requests)::bigint as "requestsInYear", to_char(min(day), 'YYYY-MM-DD') as "countedSince"
     from pipeline.request_days, lateral (select ($1::timestamptz at time zone 'UTC')::date as today) as at
     where day > ($1::timestamptz at time zone 'UTC')::date - 365
     group by account_id order by account_id`,
    [now],
  );
  const sum = (of: (row: AccountRequests) => number) => rows.reduce((total, row) => total + of(row), 0);
  const requestsInYear = sum((row) => row.requestsInYear);
  return {
    yearlyCalls,
    requestsToday: sum((row) => row.requestsToday),
    requestsInThirtyDays: sum((row) => row.requestsInThirtyDays),
    requestsInYear,
    share: requestsInYear / yearlyCalls,
    countedSince: rows.map(({ countedSince }) => countedSince).toSorted()[0] ?? null,
    accounts: rows.map(({ accountId, requestsToday, requestsInThirtyDays, requestsInYear: year }) => ({
      ...{ accountId, requestsToday, requestsInThirtyDays, requestsInYear: year },
    })),
  };
}
