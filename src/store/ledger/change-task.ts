import type { ErrorCode } from '../../errors.ts';
import { type Queryable, storeErrorFrom } from '../connection/pool.ts';
import type { OwnedTask } from './task-ledger.ts';

export interface TaskFailure {
  code: ErrorCode;
  message: string;
  /** What the error knows besides: RequestID of the failing response, HTTP status, and so on. */
  details: Readonly<Record<string, string | number | boolean>>;
}

/** What is written when a task is released, parked or skipped, or goes on after a failure. */
export interface TaskChange {
  state: 'running' | 'planned' | 'interrupted' | 'parked' | 'skipped';
  failure?: TaskFailure | undefined;
  /** A failed attempt that counts. */
  isAttempt?: boolean;
  /** The window is read again from its first page. */
  isRestart?: boolean;
  requests?: number;
  /** The narrowest part of its window that timed out. */
  failsSeconds?: number | undefined;
}

/** Writes a change of a task that this process owns; false when the fence was lost and nothing was written. */
export async function changeTask(database: Queryable, task: OwnedTask, change: TaskChange): Promise<boolean> {
  const { rowCount } = await database
    .query({
      name: 'change-task',
      text: `
        update pipeline.extract_tasks
        set state = $3, error_code = coalesce($4, error_code), error_message = coalesce($5, error_message),
            failure = case when $4::text is null then failure else $9::jsonb end,
            attempts = attempts + $6, restarts = restarts + $7, requests = requests + $8,
            request_id = case when $7 > 0 then null else request_id end,
            parked_at = case when $3 = 'parked' then now() else parked_at end,
            finished_at = case when $3 in ('parked', 'skipped') then now() end,
            settled_at = case when $3 in ('parked', 'skipped') then now() end,
            process_id = case when $3 = 'running' then process_id end,
            fails_seconds = coalesce($10, fails_seconds),
            updated_at = now()
        where id = $1 and fence = $2 and settled_at is null`,
      values: [
        task.taskId,
        task.fence,
        change.state,
        change.failure?.code ?? null,
        change.failure?.message ?? null,
        change.isAttempt === true ? 1 : 0,
        change.isRestart === true ? 1 : 0,
        change.requests ?? 0,
        change.failure?.details ?? null,
        change.failsSeconds ?? null,
      ],
    })
    .catch((error: unknown) => {
      throw storeErrorFrom(error);
    });
  return rowCount === 1;
}
