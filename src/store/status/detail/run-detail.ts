import { type Pool, storeErrorFrom } from '../../connection/pool.ts';
import { type RunStatus, readRun } from '../runs/runs.ts';

/** A task of a run, or a part of a task. */
export interface TaskLine {
  readonly id: number;
  readonly accountId: number;
  readonly jobId: number | null;
  readonly eventType: string;
  readonly from: Date | null;
  readonly to: Date | null;
  readonly state: string;
  readonly pages: number;
  readonly records: number;
  readonly inserted: number;
  readonly requests: number;
  readonly errorCode: string | null;
}

export interface RunDetail {
  readonly run: RunStatus;
  readonly tasks: readonly TaskLine[];
  /** How many there are; `tasks` has the first of them. */
  readonly taskCount: number;
}

/** A page that a person can still read. */
const tasksShown = 200;

export const taskLineColumns = `id, account_id as "accountId", job_id as "jobId", event_type as "eventType",
            window_from as "from", window_to as "to", state, pages, records, inserted, requests,
            error_code as "errorCode"`;

/** A run with its tasks, those first that need a look; undefined where there is no such run. */
export async function readRunDetail(pool: Pool, runId: number): Promise<RunDetail | undefined> {
  try {
    const run = await readRun(pool, runId);
    if (run === undefined) return undefined;
    // By the index extract_tasks_run.
    const [{ rows: tasks }, { rows: counts }] = await Promise.all([
      pool.query<TaskLine>(
        `select ${taskLineColumns} from pipeline.extract_tasks where run_id = $1
         order by state = 'parked' desc, settled_at is null desc, inserted desc, id limit ${tasksShown}`,
        [runId],
      ),
      pool.query<{ count: number }>(
        'select count(*) as count from pipeline.extract_tasks where run_id = $1',
        [runId],
      ),
    ]);
    return { run, tasks, taskCount: counts[0]?.count ?? 0 };
  } catch (error) {
    throw storeErrorFrom(error);
  }
}
