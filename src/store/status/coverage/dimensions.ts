import { dimensionCatalog } from '../../../dimensions/catalog.ts';
import type { Queryable } from '../../connection/pool.ts';

/** When rows of a dimension were last read for an account. */
export interface DimensionStatus {
  readonly accountId: number;
  readonly dimension: string;
  readonly readAt: Date;
}

/** The latest reading of each dimension, of the accounts that are not retired. */
export async function readDimensions(database: Queryable): Promise<DimensionStatus[]> {
  // One lookup in the unique index for each account and dimension; the rows of jobs are not read.
  const { rows } = await database.query<DimensionStatus>(
    `select account.account_id as "accountId", reading.dimension, reading.read_at as "readAt"
     from pipeline.accounts as account
     cross join unnest($1::text[]) with ordinality as catalog (dimension, ordinal)
     join pipeline.dimension_readings as reading
       on reading.account_id = account.account_id and reading.dimension = catalog.dimension
       and reading.job_id is null
     where account.state <> 'retired'
     order by account.account_id, catalog.ordinal`,
    [dimensionCatalog.map(({ name }) => name)],
  );
  return rows;
}
