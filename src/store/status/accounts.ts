import type { Queryable } from '../connection/pool.ts';
import { reducedSlots } from '../slots/reduced-slots.ts';

export interface AccountStatus {
  readonly accountId: number;
  /** Of the business unit; null where it is not known. */
  readonly name: string | null;
  /** `retired`: no longer read, and in no alarm. */
  readonly state: 'active' | 'refused' | 'retired';
  readonly refusedReason: string | null;
  readonly jobsDiscoveredUntil: Date | null;
  /** Null where as many Retrieves may be in flight as the settings say. */
  readonly reduced: ReducedSlots | null;
}

/** Retrieves that may be in flight at once, after Marketing Cloud asked to slow down or a Retrieve timed out. */
export interface ReducedSlots {
  readonly slots: number;
  readonly of: number;
  /** When they were last halved; one more is allowed every five minutes since. */
  readonly since: Date;
  /** The failure that caused it. */
  readonly code: string;
}

/** Every business unit that was ever read. */
export async function readAccounts(database: Queryable): Promise<AccountStatus[]> {
  const { rows } = await database.query<AccountRow>(
    `select account_id as "accountId", unit.name, state, refused_reason as "refusedReason",
            jobs_discovered_until as "jobsDiscoveredUntil",
            case when ${reducedSlots} is not null then json_build_object('slots', ${reducedSlots},
              'of', slots_reduced_from, 'since', slots_reduced_at, 'code', slots_reduced_by) end as reduced
     from pipeline.accounts left join tracking.business_units as unit using (account_id) order by account_id`,
  );
  return rows.map(({ reduced, ...account }) => ({
    ...account,
    reduced: reduced && { ...reduced, since: new Date(reduced.since) },
  }));
}

/** An instant in JSON is a text. */
type AccountRow = Omit<AccountStatus, 'reduced'> & {
  readonly reduced: (Omit<ReducedSlots, 'since'> & { readonly since: string }) | null;
};

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
