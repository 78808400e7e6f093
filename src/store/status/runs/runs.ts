import type { Queryable } from '../../connection/pool.ts';
import { processLockClass } from '../../connection/session-locks.ts';
import { isProcessAlive } from './processes.ts';
import { type RunCounts, readRunCounts } from '../../ledger/runs/run-log.ts';

export interface RunStatus extends RunCounts {
  readonly runId: number;
  readonly kind: string;
  /** Null while it runs; `interrupted` also where its process was killed. */
  readonly outcome: string | null;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
}

/** A run that completed. */
export interface CompletedRun {
  readonly runId: number;
  readonly outcome: string;
  readonly startedAt: Date;
  readonly finishedAt: Date;
}

/** The last completed run of each kind; null where there is none. */
export interface LastCompleted {
  readonly sync: CompletedRun | null;
  readonly backfill: CompletedRun | null;
}

// A month of nights.
const runsShown = 30;

type RunRow = Omit<RunStatus, keyof RunCounts> & {
  readonly eventTypes: string[];
  readonly counts: RunCounts | null;
};

/** The last runs with what each has done, the latest first. */
export async function readRecentRuns(database: Queryable): Promise<RunStatus[]> {
  return readRuns(database, `order by run_id desc limit ${runsShown}`, []);
}

/** One run; undefined where there is none of this id. */
export async function readRun(database: Queryable, runId: number): Promise<RunStatus | undefined> {
  const [run] = await readRuns(database, 'where run_id = $2', [runId]);
  return run;
}

async function readRuns(
  database: Queryable,
  choice: string,
  values: readonly number[],
): Promise<RunStatus[]> {
  const { rows } = await database.query<RunRow>(
    `select run_id as "runId", kind,
            case when state = 'running' and not ${isProcessAlive('process_id', '$1')}
                 then 'interrupted' else outcome end as outcome,
            started_at as "startedAt", finished_at as "finishedAt",
            event_types as "eventTypes", counts
     from pipeline.runs ${choice}`,
    [processLockClass, ...values],
  );
  return Promise.all(
    rows.map(async ({ eventTypes, counts, ...run }) => ({
      ...run,
      // Only runs in progress and killed ones are counted from the ledger.
      ...(counts ?? (await readRunCounts(database, run.runId, eventTypes))),
    })),
  );
}

/** However many runs came after them; a run that was limited to some jobs says nothing of the others. */
export async function readLastCompleted(database: Queryable): Promise<LastCompleted> {
  // By the index runs_completed.
  const { rows } = await database.query<CompletedRun & { kind: 'sync' | 'backfill' }>(
    `select kind, run_id as "runId", outcome, started_at as "startedAt", finished_at as "finishedAt"
     from unnest(array['sync', 'backfill']) as wanted (kind), lateral (
       select run_id, outcome, started_at, finished_at from pipeline.runs as run
       where run.kind = wanted.kind and outcome in ('completed', 'completed_with_problems') and job_ids is null
       order by finished_at desc limit 1) as last`,
  );
  const lastOf = (kind: 'sync' | 'backfill') => {
    const row = rows.find((one) => one.kind === kind);
    if (row === undefined) return null;
    const { runId, outcome, startedAt, finishedAt } = row;
    return { runId, outcome, startedAt, finishedAt };
  };
  return { sync: lastOf('sync'), backfill: lastOf('backfill') };
}
