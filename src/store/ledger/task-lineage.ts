import type { OwnedTask } from './task-ledger.ts';
import type { Queryable } from '../pool.ts';

/** Whether the window was cut so often without one part of it having been read to its end. */
export async function hasSplitWithoutProgress(
  database: Queryable,
  task: OwnedTask,
  cuts: number,
): Promise<boolean> {
  const { rows } = await database.query<{ in_vain: boolean }>(
    `with recursive ancestor as (
       select parent_id, window_from, window_to, 0 as cuts from pipeline.extract_tasks where id = $1
       union all
       select parent.parent_id, parent.window_from, parent.window_to, cuts + 1
       from ancestor join pipeline.extract_tasks as parent on parent.id = ancestor.parent_id
       where cuts < $3)
     select exists (
       select from ancestor
       where cuts = $3 and not exists (
         select from pipeline.extract_tasks as part
         where part.root_id = $2 and part.state = 'done'
           and part.window_from >= ancestor.window_from and part.window_to <= ancestor.window_to)) as in_vain`,
    [task.taskId, task.rootId, cuts],
  );
  return rows[0]?.in_vain === true;
}
