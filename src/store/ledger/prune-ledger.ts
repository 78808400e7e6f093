import { inTransaction, type Pool } from '../connection/pool.ts';

export interface PruneOptions {
  /** What ended longer ago is deleted. */
  readonly olderThanMs: number;
  readonly signal: AbortSignal;
}

export interface Pruned {
  readonly tasks: number;
  readonly runs: number;
  readonly processes: number;
  readonly rejected: number;
}

// The checkpoint has its mark; a day is enough to look at it.
const emptyTaskSeconds = 24 * 60 * 60;

/** Deleted at once, so that no lock is held for long. */
const rootsPerStatement = 5_000;

/**
 * Deletes the history that nothing follows from any more: settled windows with all their parts (after a day those that
 * brought nothing new: an overlap that was read again did not), finished runs, ended processes, and rejected records that a person dismissed.
 *
 * Checkpoints, parked, accepted and skipped windows of jobs and unread records stay, as do the last completed runs and what they
 * name. Running it again, or beside itself, does no harm.
 */
export async function pruneLedger(pool: Pool, { olderThanMs, signal }: PruneOptions): Promise<Pruned> {
  const seconds = olderThanMs / 1000;
  const { rows } = await pool.query<{ rootId: number }>(
    `select task.root_id as "rootId"
     from pipeline.extract_tasks as task left join pipeline.runs as run using (run_id)
     group by task.root_id
     having bool_and(task.state in ('done', 'split') or task.state = 'skipped' and task.kind in ('tail', 'arrivals')) and bool_and(task.settled_at is not null)
        and bool_and(coalesce(run.state = 'finished', true))
        and max(task.settled_at) < now() - make_interval(secs =>
              case when sum(task.inserted + task.rejected) = 0 then least($1::float8, ${emptyTaskSeconds}) else $1::float8 end)`,
    [seconds],
  );
  let tasks = 0;
  for (let first = 0; first < rows.length; first += rootsPerStatement) {
    signal.throwIfAborted();
    const roots = rows.slice(first, first + rootsPerStatement).map(({ rootId }) => rootId);
    const { rowCount } = await pool.query('delete from pipeline.extract_tasks where root_id = any($1)', [
      roots,
    ]);
    tasks += rowCount ?? 0;
  }
  return { tasks, ...(await pruneOthers(pool, seconds)) };
}

async function pruneOthers(pool: Pool, seconds: number): Promise<Omit<Pruned, 'tasks'>> {
  const before = 'now() - make_interval(secs => $1)';
  return await inTransaction(pool, async (tx) => {
    const { rowCount: runs } = await tx.query(
      `delete from pipeline.runs as run
       where state = 'finished' and finished_at < ${before}
         and not exists (select from pipeline.extract_tasks as task where task.run_id = run.run_id)
         and run_id not in (
           select distinct on (kind) run_id from pipeline.runs
           where outcome in ('completed', 'completed_with_problems') and job_ids is null
           order by kind, finished_at desc)`,
      [seconds],
    );
    const { rowCount: processes } = await tx.query(
      `delete from pipeline.processes as process
       where ended_at < ${before}
         and not exists (select from pipeline.runs as run where run.process_id = process.process_id)
         and not exists (select from pipeline.extract_tasks as task
                         where task.process_id = process.process_id and task.settled_at is null)`,
      [seconds],
    );
    const { rowCount: rejected } = await tx.query(
      `delete from pipeline.rejected_records where dismissed_at < ${before}`,
      [seconds],
    );
    await tx.query(`delete from pipeline.extract_requests where finished_at < ${before}`, [seconds]);
    return { runs: runs ?? 0, processes: processes ?? 0, rejected: rejected ?? 0 };
  });
}
