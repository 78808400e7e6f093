import type { Queryable } from '../connection/pool.ts';

/**
 * Sets back everything of an account that is marked as read beyond now. Returns how many marks there were, and
 * notes them with the run.
 *
 * A mark in the future was written by a clock that was wrong, so nothing is evident from it: what it covers is read
 * again from its beginning. Only here does a watermark move backwards.
 */
export async function setBackFutureMarks(tx: Queryable, accountId: number, runId: number): Promise<number> {
  const { rows } = await tx.query<{ marks: number }>(
    `with set_back as (
       update pipeline.checkpoints
       set watermark = case when greatest(watermark, covered_to) > now() then covered_from else watermark end,
           covered_to = case when greatest(watermark, covered_to) > now() then covered_from else covered_to end,
           asked_at = case when greatest(watermark, covered_to, asked_at) > now() then null else asked_at end,
           full_read_at = case when full_read_at > now() then covered_from else full_read_at end,
           tail_from = case when greatest(watermark, covered_to) > now() then null else tail_from end,
           state = case when state = 'complete' then 'open' else state end,
           updated_at = now()
       where account_id = $1 and greatest(watermark, covered_to, asked_at, full_read_at) > now()
       returning 1),
     tails_begun_again as (
       delete from pipeline.tails where account_id = $1 and greatest(covered_to, completed_at) > now() returning 1),
     counted_again as (
       update tracking.jobs set counters_at = null where account_id = $1 and counters_at > now() returning 1),
     discovered_again as (
       update pipeline.accounts set jobs_discovered_until = null, updated_at = now()
       where account_id = $1 and jobs_discovered_until > now()
       returning 1)
     select (select count(*) from set_back) + (select count(*) from tails_begun_again)
            + (select count(*) from counted_again)
            + (select count(*) from discovered_again) as marks`,
    [accountId],
  );
  const marks = rows[0]?.marks ?? 0;
  if (marks > 0) {
    await tx.query(
      'update pipeline.accounts set marks_set_back = $2, marks_set_back_run = $3 where account_id = $1',
      [accountId, marks, runId],
    );
  }
  return marks;
}

/** A larger offset of Marketing Cloud's clock cannot be believed. */
export const clockOffsetMsMax = 24 * 60 * 60 * 1000;

export interface ClockProblem {
  readonly accountId: number;
  readonly message: string;
}

/** What a run found out about clocks that are wrong. */
export async function findClockProblems(
  database: Queryable,
  runId: number,
  accountIds: readonly number[],
): Promise<ClockProblem[]> {
  const { rows } = await database.query<{ accountId: number; marks: number; offsetMs: number }>(
    `select account_id as "accountId", case when marks_set_back_run = $1 then marks_set_back else 0 end as marks,
            coalesce(clock_offset_ms, 0) as "offsetMs"
     from pipeline.accounts
     where account_id = any($2) and (marks_set_back_run = $1 or abs(clock_offset_ms) > $3)
     order by account_id`,
    [runId, accountIds, clockOffsetMsMax],
  );
  return rows.flatMap(({ accountId, marks, offsetMs }) => [
    ...(marks > 0
      ? [{ accountId, message: `${marks} marks lay in the future and were set back: check the clocks` }]
      : []),
    ...(Math.abs(offsetMs) > clockOffsetMsMax ? [{ accountId, message: offsetText(offsetMs) }] : []),
  ]);
}

function offsetText(offsetMs: number): string {
  const hours = Math.round(Math.abs(offsetMs) / 3_600_000);
  const direction = offsetMs > 0 ? 'ahead of' : 'behind';
  return `Marketing Cloud's clock is ${hours} hours ${direction} the database's: that was not believed`;
}
