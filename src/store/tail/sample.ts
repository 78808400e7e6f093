import type { Queryable } from '../connection/pool.ts';
import type { PlannedWindow } from '../planning/plan-ledger.ts';

/** How often a sample of old jobs is read by JobID. */
const everyDays = 7;

/** Jobs of the sample, by event type: some that had events of late, and some of all. */
const activeJobs = 2;
const otherJobs = 1;

/** The end of the window is left out: what arrives while the sample is read would look as if it had been missed. */
const leftOutHours = 6;

export interface SampleScope {
  readonly accountId: number;
  readonly eventTypes: readonly string[];
  /** Event types whose tail was read since. */
  readonly readSince: Date;
}

/**
 * The windows in which a sample of old jobs is to be compared with what was read by date; none where the last sample is
 * younger than a week. Notes that the sample was taken. Within a transaction.
 */
export async function pickSample(
  tx: Queryable,
  { accountId, eventTypes, readSince }: SampleScope,
): Promise<PlannedWindow[]> {
  const { rows } = await tx.query<{ jobId: number; eventType: string; from: Date; to: Date }>(
    `select sampled.job_id as "jobId", tail.event_type as "eventType", tail.window_from as "from",
            tail.covered_to - interval '${leftOutHours} hours' as "to"
     from pipeline.accounts as account
     join pipeline.tails as tail using (account_id),
     lateral (
       select mark.job_id,
              row_number() over (order by job.last_event_at >= tail.window_from desc nulls last, random()) as by_activity,
              row_number() over (order by random()) as by_chance
       from pipeline.checkpoints as mark
       join tracking.jobs as job using (account_id, job_id)
       where mark.account_id = $1 and mark.event_type = tail.event_type and mark.tail_from is not null
         and mark.covered_to = tail.covered_to) as sampled
     where account.account_id = $1
       and coalesce(account.tail_checked_at < now() - interval '${everyDays} days', true)
       and tail.event_type = any($2) and tail.completed_at >= $3
       and tail.window_from < tail.covered_to - interval '${leftOutHours} hours'
       and (sampled.by_activity <= ${activeJobs} or sampled.by_chance <= ${otherJobs})
     order by 2, 1`,
    [accountId, eventTypes, readSince],
  );
  if (rows.length === 0) return [];
  await tx.query('update pipeline.accounts set tail_checked_at = now() where account_id = $1', [accountId]);
  return rows.map(({ jobId, eventType, from, to }) => {
    const window = { from, to };
    const origin = 'tail_check' as const;
    return { accountId, jobId, eventType, origin, window, parts: [window], isFullRead: false };
  });
}

/** Accounts whose tail was switched off since an instant, and why. */
export async function findTailsSwitchedOff(
  database: Queryable,
  accountIds: readonly number[],
  since: Date,
): Promise<{ accountId: number; reason: string }[]> {
  const { rows } = await database.query<{ accountId: number; reason: string }>(
    `select account_id as "accountId", tail_off_reason as reason
     from pipeline.accounts where account_id = any($1) and tail_off_at >= $2 order by account_id`,
    [accountIds, since],
  );
  return rows;
}
