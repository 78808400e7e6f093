import type { Queryable } from '../connection/pool.ts';

/** Stores which filters were seen to work. An account that was never read gets its row. */
export async function recordFilterProbe(
  database: Queryable,
  accountId: number,
  { byDate, byList }: { readonly byDate: boolean; readonly byList: boolean },
): Promise<void> {
  await database.query(
    `insert into pipeline.accounts as known (account_id, date_filter_works, list_filter_works, filters_probed_at)
     values ($1, $2, $3, now())
     on conflict (account_id) do update
     set date_filter_works = excluded.date_filter_works, list_filter_works = excluded.list_filter_works,
         filters_probed_at = now(), updated_at = now()`,
    [accountId, byDate, byList],
  );
}
