import type { Queryable } from '../connection/pool.ts';
import { settleRoot } from '../load/checkpoints.ts';
import { jobIsYoungNow } from '../planning/open-jobs.ts';

/**
 * Settles a window of the tail once all its parts are settled. Once all of it is committed, moves the tail of its
 * account and event type, and with it every checkpoint that was read up to the window's beginning or further. To be
 * called in the transaction that finished the task.
 *
 * A window with a part that is parked, or that was given up, moves nothing, and neither does one that was planned before
 * the tail was switched off.
 */
export async function finishTail(
  tx: Queryable,
  { taskId, rootId }: { readonly taskId: number; readonly rootId: number },
): Promise<void> {
  if (rootId !== taskId) await settleRoot(tx, rootId);
  // One that switches the tail off meanwhile comes before or after all of this.
  await tx.query(
    `select from pipeline.accounts
     where account_id = (select account_id from pipeline.extract_tasks where id = $1) for share`,
    [rootId],
  );
  await tx.query(`${completeWindow} ${moveTail}`, [rootId]);
  await tx.query(`${completeWindow} ${moveCheckpoints}`, [rootId]);
  await tx.query(`${completeWindow} ${forgetFailure}`, [rootId]);
}

/** The window, or no row where it is not completely in. */
const completeWindow = `
  with root as (
    select id, account_id, event_type, rung, window_from, window_to, below_job_id, job_ids,
           (select coalesce(sum(part.records), 0) from pipeline.extract_tasks as part where part.root_id = $1) as records
    from pipeline.extract_tasks
    where id = $1 and settled_at is not null
      and not exists (
        select from pipeline.accounts as account
        where account.account_id = extract_tasks.account_id and account.tail_off_at > extract_tasks.created_at)
      and not exists (
        select from pipeline.extract_tasks as part
        where part.root_id = $1 and part.state not in ('done', 'split', 'accepted')))`;

const moveTail = `
  insert into pipeline.tails as known
    (account_id, event_type, rung, window_from, covered_to, below_job_id, completed_at, last_records, last_window_seconds)
  select account_id, event_type, rung, window_from, window_to, below_job_id, now(), records,
         extract(epoch from window_to - window_from)::bigint
  from root
  on conflict (account_id, event_type) do update
  set rung = excluded.rung, window_from = excluded.window_from,
      covered_to = greatest(known.covered_to, excluded.covered_to), below_job_id = excluded.below_job_id,
      completed_at = excluded.completed_at, last_records = excluded.last_records,
      last_window_seconds = excluded.last_window_seconds`;

/**
 * A checkpoint moves only where reading by JobID, or the tail before, came at least to the beginning of the window, and
 * where no window of its own is open or parked. Not that of a young job: it is read by its JobID in each run, and its
 * window may be planned only after the tail was read. By the index checkpoints_state.
 */
const moveCheckpoints = `
  update pipeline.checkpoints as known
  set tail_from = coalesce(known.tail_from, known.covered_to), covered_to = root.window_to,
      watermark = greatest(known.watermark, root.window_to), asked_at = now(), updated_at = now()
  from root
  where known.account_id = root.account_id and known.event_type = root.event_type
    and known.state in ('open', 'closed')
    and known.covered_to >= root.window_from and known.covered_to < root.window_to
    and case root.rung
          when 1 then known.job_id < root.below_job_id
          when 2 then true
          when 3 then known.job_id = any(root.job_ids)
          else known.job_id in (
            select job.job_id
            from pipeline.extract_tasks as part
            join tracking.jobs as job
              on job.account_id = root.account_id and job.triggered_send_id = part.definition_id
            where part.root_id = root.id)
        end
    and not (known.state = 'open' and exists (
      select from tracking.jobs as job
      where job.account_id = known.account_id and job.job_id = known.job_id and ${jobIsYoungNow}))
    and not exists (
      select from pipeline.extract_tasks as own
      where own.account_id = known.account_id and own.job_id = known.job_id and own.event_type = known.event_type
        and own.settled_at is null and own.origin = 'sync')
    and not exists (
      select from pipeline.extract_tasks as own
      where own.account_id = known.account_id and own.job_id = known.job_id and own.event_type = known.event_type
        and own.state = 'parked' and own.origin = 'sync')`;

const forgetFailure = `
  delete from pipeline.tail_failures as failure using root
  where failure.account_id = root.account_id and failure.event_type = root.event_type and failure.rung = root.rung`;
