import type { Queryable } from '../connection/pool.ts';

export interface AccountStatus {
  readonly accountId: number;
  /** `retired`: no longer read, and in no alarm. */
  readonly state: 'active' | 'refused' | 'retired';
  readonly refusedReason: string | null;
  readonly jobsDiscoveredUntil: Date | null;
}

/** Every business unit that was ever read. */
export async function readAccounts(database: Queryable): Promise<AccountStatus[]> {
  const { rows } = await database.query<AccountStatus>(
    `select account_id as "accountId", state, refused_reason as "refusedReason",
            jobs_discovered_until as "jobsDiscoveredUntil"
     from pipeline.accounts order by account_id`,
  );
  return rows;
}

/** These business units are no longer read: they leave the alarms until a run reads them again. Returns the number changed. */
export async function retireAccounts(database: Queryable, accountIds: readonly number[]): Promise<number> {
  const { rowCount } = await database.query(
    `update pipeline.accounts
     set state = 'retired', refused_reason = null, retired_at = now(), updated_at = now()
     where account_id = any($1) and state <> 'retired'`,
    [accountIds],
  );
  return rowCount ?? 0;
}
