import type { Queryable } from '../../connection/pool.ts';

/** Jobs of an account that Marketing Cloud counts more events of than are loaded, beyond tolerance. */
export interface DeficitStatus {
  readonly accountId: number;
  readonly jobs: number;
}

export async function readDeficits(database: Queryable): Promise<DeficitStatus[]> {
  const { rows } = await database.query<DeficitStatus>(
    `select account_id as "accountId", count(distinct job_id)::int as jobs
     from pipeline.deficits as deficit
     where not exists (
       select from pipeline.accounts as account
       where account.account_id = deficit.account_id and account.state = 'retired')
     group by account_id order by account_id`,
  );
  return rows;
}
