import { type Pool, type Queryable, storeErrorFrom } from '../connection/pool.ts';
import { readByCursor } from '../connection/read-by-cursor.ts';
import type { LedgerKind } from './task-ledger.ts';

/** An extract task as `tasks` lists it. */
export interface ListedTask {
  readonly id: number;
  readonly accountId: number;
  readonly jobId: number | null;
  /** The event type, or the name of the dimension. */
  readonly eventType: string;
  readonly kind: LedgerKind;
  /** Null where a dimension is not read by date. */
  readonly from: Date | null;
  readonly to: Date | null;
  readonly state: string;
  readonly attempts: number;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  /** What the last failure knew besides: `requestId` of the failing response, `httpStatus`, and so on. */
  readonly failure: Readonly<Record<string, string | number | boolean>> | null;
  readonly parkedAt: Date | null;
}

/** Open and parked tasks by id; `limit` bounds each of the two. */
export async function listTasks(
  pool: Pool,
  { parkedOnly, limit }: { readonly parkedOnly: boolean; readonly limit: number },
): Promise<ListedTask[]> {
  try {
    const { rows } = await pool.query<ListedTask>(listStatement, [parkedOnly, limit]);
    return rows;
  } catch (error) {
    throw storeErrorFrom(error);
  }
}

/** All of them, with memory for one fetch. */
export function readAllTasks(
  pool: Pool,
  parkedOnly: boolean,
  take: (tasks: readonly ListedTask[]) => Promise<void>,
): Promise<number> {
  const fetch = async (tx: Queryable, cursor: string) =>
    (await tx.query<ListedTask>(`fetch ${tasksPerFetch} from ${cursor}`)).rows;
  return readByCursor(pool, { text: listStatement, values: [parkedOnly, null] }, fetch, take);
}

const tasksPerFetch = 1000;

const columns = `id, account_id as "accountId", job_id as "jobId", event_type as "eventType", kind, window_from as "from",
  window_to as "to", state, attempts, error_code as "errorCode", error_message as "errorMessage", failure, parked_at as "parkedAt"`;

// By the partial indexes extract_tasks_parked and extract_tasks_unsettled.
const listStatement = `
  (select ${columns} from pipeline.extract_tasks where state = 'parked' order by id limit $2)
  union all
  (select ${columns} from pipeline.extract_tasks
   where settled_at is null and state in ('planned', 'running', 'interrupted') and not $1
   order by id limit $2)
  order by id`;
