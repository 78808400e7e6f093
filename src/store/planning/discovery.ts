import { settleRoot } from '../load/checkpoints.ts';
import type { Queryable } from '../connection/pool.ts';
import type { TaskScope } from '../ledger/task-ledger.ts';
import { findUnavailable } from './unavailable.ts';

/** What planning the readings of dimensions needs to know of an account. */
export interface DiscoveryFacts {
  readonly accountId: number;
  /** Its credentials were refused: nothing is read until a run opens it again. */
  readonly isRefused: boolean;
  /** The database's clock. */
  readonly now: Date;
  /** Every job modified before this instant is in `tracking.jobs`; null where no discovery was ever complete. */
  readonly jobsDiscoveredUntil: Date | null;
  /** Readings that could not be done and wait for a person or the next sync. */
  readonly parked: readonly FailedReading[];
  /** Readings that a person accepted as a hole, and when. */
  readonly accepted: readonly FailedReading[];
  /** Dimensions that the account may not read, and that are not to be requested yet. */
  readonly unavailable: ReadonlySet<string>;
  /** When the latest reading of each dimension began. */
  readonly readAt: ReadonlyMap<string, Date>;
}

export interface FailedReading extends TaskScope {
  readonly dimension: string;
  /** Why it could not be done. */
  readonly code: string | null;
  /** When it was parked or accepted. */
  readonly at: Date;
}

export async function readDiscoveryFacts(database: Queryable, accountId: number): Promise<DiscoveryFacts> {
  const { rows } = await database.query<Pick<DiscoveryFacts, 'isRefused' | 'now' | 'jobsDiscoveredUntil'>>(
    `select state = 'refused' as "isRefused", now() as now, jobs_discovered_until as "jobsDiscoveredUntil"
     from pipeline.accounts where account_id = $1`,
    [accountId],
  );
  const [account] = rows;
  if (account === undefined) throw new Error(`account ${accountId} was not opened`);
  // By the partial indexes extract_tasks_parked and extract_tasks_accepted.
  const { rows: failed } = await database.query<FailedRow>(
    `select state, event_type as dimension, job_ids as "jobIds", window_from as "from", window_to as "to",
            error_code as code, finished_at as at
     from pipeline.extract_tasks
     where account_id = $1 and job_id is null and kind = 'dimension' and state = 'parked'
     union all
     select state, event_type, job_ids, window_from, window_to, error_code, finished_at
     from pipeline.extract_tasks
     where account_id = $1 and kind = 'dimension' and state = 'accepted'`,
    [accountId],
  );
  const { rows: read } = await database.query<{ dimension: string; readAt: Date }>(
    `select dimension, read_at as "readAt" from pipeline.dimension_readings
     where account_id = $1 and job_id is null`,
    [accountId],
  );
  const among = (state: FailedRow['state']) => failed.filter((row) => row.state === state).map(readingOf);
  return {
    accountId,
    ...account,
    parked: among('parked'),
    accepted: among('accepted'),
    unavailable: await findUnavailable(database, accountId),
    readAt: new Map(read.map(({ dimension, readAt }) => [dimension, readAt])),
  };
}

interface FailedRow extends Omit<FailedReading, 'window'> {
  readonly state: 'parked' | 'accepted';
  readonly from: Date | null;
  readonly to: Date | null;
}

function readingOf({ dimension, jobIds, code, at, from, to }: FailedRow): FailedReading {
  return { dimension, jobIds, code, at, window: from === null || to === null ? null : { from, to } };
}

/**
 * Whether an account has readings of these dimensions that are not settled, of any run. False where its credentials
 * were refused: its tasks are not executed then.
 */
export async function hasOpenReadings(
  database: Queryable,
  accountId: number,
  dimensions: readonly string[],
): Promise<boolean> {
  // By extract_tasks_unsettled.
  const { rows } = await database.query<{ isOpen: boolean }>({
    // Named, because it is repeated: each connection parses it once.
    name: 'has-open-readings',
    text: `select exists (
       select from pipeline.extract_tasks
       where account_id = $1 and job_id is null and event_type = any($2) and settled_at is null and state <> 'split'
     ) and not exists (
       select from pipeline.accounts where account_id = $1 and state = 'refused') as "isOpen"`,
    values: [accountId, dimensions],
  });
  return rows[0]?.isOpen === true;
}

/**
 * Whether a run attempts a reading of an account again whose request was refused before. False where the credentials of
 * the account were refused: its tasks are not executed then.
 */
export async function isRefusedReadingOpen(
  database: Queryable,
  { accountId, runId }: { readonly accountId: number; readonly runId: number },
): Promise<boolean> {
  // By extract_tasks_unsettled.
  const { rows } = await database.query<{ isOpen: boolean }>(
    `select exists (
       select from pipeline.extract_tasks
       where account_id = $1 and job_id is null and kind = 'dimension' and settled_at is null and state <> 'split'
         and run_id = $2 and error_code = 'REQUEST_INVALID'
     ) and not exists (
       select from pipeline.accounts where account_id = $1 and state = 'refused') as "isOpen"`,
    [accountId, runId],
  );
  return rows[0]?.isOpen === true;
}

/**
 * Settles a reading once all its parts are settled, and moves the discovery mark of the account over it. To be called
 * in the transaction that finished the task.
 */
export async function finishReading(
  tx: Queryable,
  { taskId, rootId }: { readonly taskId: number; readonly rootId: number },
): Promise<void> {
  await noteReading(tx, taskId);
  if (rootId !== taskId) await settleRoot(tx, rootId);
  await advanceDiscovery(tx, rootId);
}

/**
 * Notes when the objects of a task that is done were read, for each job and for the dimension. The instant is that at
 * which the reading began: what moved in the meantime is read again.
 */
async function noteReading(tx: Queryable, taskId: number): Promise<void> {
  await tx.query(
    // The row of the dimension comes last for all, so that two tasks cannot deadlock.
    `insert into pipeline.dimension_readings as known (account_id, dimension, job_id, read_at)
     select task.account_id, task.event_type, job.id, coalesce(task.started_at, now())
     from pipeline.extract_tasks as task, unnest(array_append(task.job_ids, null)) as job (id)
     where task.id = $1 and task.kind = 'dimension' and task.state = 'done'
     order by job.id nulls last
     on conflict (account_id, dimension, job_id) do update
     set read_at = greatest(known.read_at, excluded.read_at)`,
    [taskId],
  );
}

/**
 * The mark becomes the instant at which a reading by window was planned. It stays where any window of the dimension is
 * open or parked, and it never moves backwards (`greatest`).
 */
async function advanceDiscovery(tx: Queryable, rootId: number): Promise<void> {
  // Open and parked windows by extract_tasks_unsettled and extract_tasks_parked.
  await tx.query(
    `update pipeline.accounts as account
     set jobs_discovered_until = case when account.jobs_discovered_until > now() then root.created_at
         else greatest(account.jobs_discovered_until, root.created_at) end,
       updated_at = now()
     from pipeline.extract_tasks as root
     where root.id = $1 and root.settled_at is not null and root.window_from is not null
       and account.account_id = root.account_id
       and not exists (
         select from pipeline.extract_tasks as other
         where other.account_id = root.account_id and other.job_id is null and other.event_type = root.event_type
           and other.window_from is not null and other.settled_at is null and other.state <> 'split')
       and not exists (
         select from pipeline.extract_tasks as other
         where other.account_id = root.account_id and other.job_id is null and other.event_type = root.event_type
           and other.window_from is not null and other.state = 'parked')`,
    [rootId],
  );
}
