import { eventTypeNames } from '../../../events/catalog.ts';
import type { Queryable } from '../../connection/pool.ts';
import { jobIsYoungNow } from '../../planning/open-jobs.ts';

/** How the tail of an event type is read. */
export interface TailStatus {
  readonly accountId: number;
  readonly eventType: string;
  /**
   * 1: jobs below a JobID and a date, 2: a date alone, 3: lists of jobs and a date, 4: triggered sends and a date; null:
   * job by job.
   */
  readonly rung: 1 | 2 | 3 | 4 | null;
  /** First instant of the last window that is completely in. */
  readonly windowFrom: Date | null;
  /** Every event of the tail before this instant is in. */
  readonly coveredTo: Date | null;
  readonly completedAt: Date | null;
  /** The longest window that does not time out, in seconds; null where none did time out within a week. */
  readonly widthSeconds: number | null;
  /** Old jobs that were read to a point before the tail: they are read by JobID up to it, and by the tail from then on. */
  readonly jobsCatchingUp: number;
  /** Rungs that do not work, which are tried again 30 days after they failed. */
  readonly failures: readonly {
    readonly rung: 1 | 2 | 3 | 4;
    readonly code: string;
    readonly reason: string;
    readonly failedAt: string;
  }[];
}

/** An account whose tail missed events. */
export interface TailOff {
  readonly accountId: number;
  readonly since: Date;
  readonly reason: string;
  /** Read by date again from then on. */
  readonly until: Date;
}

export async function readTails(database: Queryable): Promise<{ tails: TailStatus[]; tailsOff: TailOff[] }> {
  return { tails: await readWorking(database), tailsOff: await readTailsOff(database) };
}

/** Tasks come from extract_tasks_unsettled and extract_tasks_parked. */
async function readWorking(database: Queryable): Promise<TailStatus[]> {
  const { rows } = await database.query<TailStatus>(
    `with own_windows as (
       select account_id, event_type, job_id from pipeline.extract_tasks
       where settled_at is null and state <> 'split' and kind = 'events' and origin = 'sync'
       union
       select account_id, event_type, job_id from pipeline.extract_tasks
       where state = 'parked' and kind = 'events' and origin = 'sync'),
     catching_up as (
       select account_id, event_type, count(*)::int as jobs
       from own_windows join tracking.jobs as job using (account_id, job_id)
       where not ${jobIsYoungNow} group by account_id, event_type),
     failed as (
       select account_id, event_type,
              jsonb_agg(jsonb_build_object('rung', rung, 'code', code, 'reason', reason, 'failedAt', failed_at)
                        order by rung) as failures
       from pipeline.tail_failures where failed_at > now() - interval '30 days' group by account_id, event_type)
     select account_id as "accountId", event_type as "eventType", tail.rung, tail.window_from as "windowFrom",
            tail.covered_to as "coveredTo", tail.completed_at as "completedAt", width.works_seconds as "widthSeconds",
            case when tail.rung is null then 0 else coalesce(catching_up.jobs, 0) end as "jobsCatchingUp",
            coalesce(failed.failures, '[]') as failures
     from pipeline.tails as tail
     full join failed using (account_id, event_type)
     left join catching_up using (account_id, event_type)
     left join lateral (
       select works_seconds from pipeline.window_widths as known
       where known.account_id = tail.account_id and known.event_type = 'tail ' || tail.rung || ' ' || tail.event_type
         and known.updated_at > now() - interval '7 days') as width on true
     where account_id not in (select retired.account_id from pipeline.accounts as retired where state = 'retired')
     order by account_id, array_position($1::text[], event_type)`,
    [eventTypeNames],
  );
  return rows;
}

async function readTailsOff(database: Queryable): Promise<TailOff[]> {
  const { rows } = await database.query<TailOff>(
    `select account_id as "accountId", tail_off_at as since, tail_off_reason as reason,
            tail_off_at + interval '30 days' as until
     from pipeline.accounts
     where tail_off_at > now() - interval '30 days' and state <> 'retired' order by account_id`,
  );
  return rows;
}
