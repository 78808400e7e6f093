import type { Queryable } from '../connection/pool.ts';
import type { OwnedTask } from './task-ledger.ts';

/** What pages of a task have to be loaded by. */
export interface LoadRules {
  readonly mergesFiles: boolean;
  readonly privacyVersion: number;
}

/** By what the task's pages have to be loaded by now; undefined where another owner has it. */
export async function readLoadRules(database: Queryable, task: OwnedTask): Promise<LoadRules | undefined> {
  const { rows } = await database.query<LoadRules>(
    `select merges_files as "mergesFiles", privacy_version as "privacyVersion"
     from pipeline.extract_tasks where id = $1 and fence = $2`,
    [task.taskId, task.fence],
  );
  return rows[0];
}
