import { type Pool, storeErrorFrom } from '../../connection/pool.ts';
import { type TaskLine, taskLineColumns } from './run-detail.ts';

export interface TaskFacts extends TaskLine {
  /** Of the business unit; null where it is not known. */
  readonly accountName: string | null;
  readonly kind: string;
  readonly origin: string;
  readonly runId: number | null;
  readonly parentId: number | null;
  readonly rejected: number;
  readonly attempts: number;
  readonly restarts: number;
  /** RequestID of the last committed page. */
  readonly requestId: string | null;
  readonly errorMessage: string | null;
  /** What the last failure knew besides. */
  readonly failure: Readonly<Record<string, string | number | boolean>> | null;
  readonly createdAt: Date;
  readonly settledAt: Date | null;
  readonly acceptedBy: string | null;
  readonly acceptedReason: string | null;
}

export interface TaskDetail {
  readonly task: TaskFacts;
  /** What it was split into. */
  readonly parts: readonly TaskLine[];
}

const partsShown = 100;

/** One task as the ledger has it; undefined where there is none. */
export async function readTaskDetail(pool: Pool, id: number): Promise<TaskDetail | undefined> {
  try {
    const { rows } = await pool.query<TaskFacts & { rootId: number }>(
      `select ${taskLineColumns}, root_id as "rootId", kind,
              (select name from tracking.business_units as unit where unit.account_id = task.account_id) as "accountName", origin, run_id as "runId", parent_id as "parentId", rejected,
              attempts, restarts, request_id as "requestId", error_message as "errorMessage", failure,
              created_at as "createdAt", settled_at as "settledAt", accepted_by as "acceptedBy",
              accepted_reason as "acceptedReason"
       from pipeline.extract_tasks as task where id = $1`,
      [id],
    );
    const [row] = rows;
    if (row === undefined) return undefined;
    const { rootId, ...task } = row;
    // By the index extract_tasks_root.
    const { rows: parts } = await pool.query<TaskLine>(
      `select ${taskLineColumns} from pipeline.extract_tasks
       where root_id = $1 and parent_id = $2 and id <> $2 order by window_from, id limit ${partsShown}`,
      [rootId, id],
    );
    return { task, parts };
  } catch (error) {
    throw storeErrorFrom(error);
  }
}
