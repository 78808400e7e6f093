import type { OwnedTask } from './task-ledger.ts';
import type { Queryable } from '../connection/pool.ts';

/** Whether the task is the result of this many splits, and no part of what they divided has been read to its end. */
export async function hasSplitWithoutProgress(
  database: Queryable,
  task: OwnedTask,
  splits: number,
): Promise<boolean> {
  const { rows } = await database.query<{ isWithoutProgress: boolean }>(
    `with recursive ancestor as (
       select parent_id, window_from, window_to, job_ids, 0 as splits from pipeline.extract_tasks where id = $1
       union all
       select parent.parent_id, parent.window_from, parent.window_to, parent.job_ids, splits + 1
       from ancestor join pipeline.extract_tasks as parent on parent.id = ancestor.parent_id
       where splits < $3)
     select exists (
       select from ancestor
       where splits = $3 and not exists (
         select from pipeline.extract_tasks as part
         where part.root_id = $2 and part.state = 'done'
           and (part.window_from >= ancestor.window_from and part.window_to <= ancestor.window_to
                or part.job_ids <@ ancestor.job_ids))) as "isWithoutProgress"`,
    [task.taskId, task.rootId, splits],
  );
  return rows[0]?.isWithoutProgress === true;
}
