import type { Queryable } from '../../connection/pool.ts';

export interface ReadingProblem {
  readonly accountId: number;
  readonly code: string;
  readonly message: string;
}

/**
 * What went wrong with the readings of a run: those that are parked, one line for each cause, and records that could
 * not be read, one line for each dimension.
 */
export async function findReadingProblems(database: Queryable, runId: number): Promise<ReadingProblem[]> {
  const { rows: parked } = await database.query<{
    accountId: number;
    code: string;
    reason: string | null;
    dimensions: string;
  }>(
    `select account_id as "accountId", error_code as code, error_message as reason,
            string_agg(distinct event_type, ', ') as dimensions
     from pipeline.extract_tasks
     where run_id = $1 and kind = 'dimension' and state = 'parked'
     group by account_id, error_code, error_message
     order by min(id)`,
    [runId],
  );
  const { rows: rejecting } = await database.query<{ accountId: number; dimension: string }>(
    `select account_id as "accountId", event_type as dimension
     from pipeline.extract_tasks
     where run_id = $1 and kind = 'dimension' and rejected > 0
     group by account_id, event_type
     order by min(id)`,
    [runId],
  );
  return [
    ...parked.map(({ accountId, code, reason, dimensions }) => ({
      accountId,
      code,
      message: `${dimensions} could not be read: ${reason ?? ''}: see \`tasks\``,
    })),
    ...rejecting.map(({ accountId, dimension }) => ({
      accountId,
      code: 'RECORD_UNREADABLE',
      message: `a record of ${dimension} could not be read: see \`rejected\``,
    })),
  ];
}
