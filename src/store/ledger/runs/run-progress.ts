import type { Queryable } from '../../connection/pool.ts';
import { processLockClass } from '../../connection/session-locks.ts';
import { isProcessAlive } from '../../status/runs/processes.ts';

/** Tasks of a run; one that was split counts by its parts. */
export interface TaskProgress {
  readonly settled: number;
  readonly total: number;
  /** Those that failed and are tried again. */
  readonly retrying: number;
}

/** How far a run is, over all processes; by the index extract_tasks_run. */
export async function readTaskProgress(database: Queryable, runId: number): Promise<TaskProgress> {
  const { rows } = await database.query<TaskProgress>(
    `select count(*) filter (where settled_at is not null) as settled, count(*) as total,
            count(*) filter (where settled_at is null and attempts > 0) as retrying
     from pipeline.extract_tasks where run_id = $1 and state <> 'split'`,
    [runId],
  );
  return rows[0] ?? { settled: 0, total: 0, retrying: 0 };
}

export interface RunInProgress {
  readonly runId: number;
  readonly kind: string;
  readonly pid: number;
  readonly host: string;
}

/** Runs that another process leads at the moment. */
export async function findRunsInProgress(
  database: Queryable,
  ownProcessId: number,
): Promise<RunInProgress[]> {
  const { rows } = await database.query<RunInProgress>(
    `select run_id as "runId", kind, pid, host
     from pipeline.runs as run join pipeline.processes as process using (process_id)
     where run.state = 'running' and process_id <> $2 and ${isProcessAlive('process_id', '$1')}
     order by run_id`,
    [processLockClass, ownProcessId],
  );
  return rows;
}
