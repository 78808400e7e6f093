import type { Queryable } from '../connection/pool.ts';
import type { TailRung, Window } from '../ledger/task-ledger.ts';
import { readJobs, readYoungRates, type TailJob, type TailScope } from './tail-jobs.ts';

/** How far the tail of an event type is read. */
export interface TailMark {
  readonly eventType: string;
  readonly rung: TailRung;
  /** First instant of the last window that is completely in. */
  readonly windowFrom: Date;
  readonly coveredTo: Date;
  readonly belowJobId: number | null;
  readonly completedAt: Date;
  readonly lastRecords: number;
  readonly lastWindowSeconds: number;
}

/** A window of the tail that is not settled yet, or that is parked. */
export interface OpenTail {
  readonly eventType: string;
  readonly rung: TailRung;
  readonly belowJobId: number | null;
  readonly jobIds: readonly number[] | null;
  readonly definitionIds: readonly string[];
  readonly window: Window;
  readonly isParked: boolean;
}

export interface RungFailure {
  readonly eventType: string;
  readonly rung: TailRung;
  readonly failedAt: Date;
}

/** What planning the tail of an account needs to know. */
export interface TailFacts {
  readonly accountId: number;
  /** When it was switched off because it had missed events. */
  readonly offAt: Date | null;
  readonly checkedAt: Date | null;
  /** What doctor found; null: not known. */
  readonly dateFilterWorks: boolean | null;
  readonly listFilterWorks: boolean | null;
  readonly marks: readonly TailMark[];
  readonly open: readonly OpenTail[];
  readonly failures: readonly RungFailure[];
  /** The longest window that did not time out, in seconds, where one did: by event type and rung. */
  readonly widths: readonly {
    readonly eventType: string;
    readonly rung: TailRung;
    readonly worksSeconds: number;
  }[];
  /** Events of young jobs per second, by event type. */
  readonly youngRates: ReadonlyMap<string, number>;
  /** By JobID. */
  readonly jobs: readonly TailJob[];
  /** Jobs whose events of a type are all in, by event type. */
  readonly completeJobs: ReadonlyMap<string, ReadonlySet<number>>;
}

export async function readTailFacts(database: Queryable, scope: TailScope): Promise<TailFacts> {
  const { accountId, eventTypes } = scope;
  const marks = await readMarks(database, accountId, eventTypes);
  const jobs = await readJobs(database, scope);
  return {
    accountId,
    ...(await readAccount(database, accountId)),
    marks,
    jobs,
    open: await readOpen(database, accountId, eventTypes),
    failures: await readFailures(database, accountId),
    widths: await readWidths(database, accountId),
    youngRates: await readYoungRates(database, scope, jobs),
    completeJobs: await readCompleteJobs(database, accountId, eventTypes),
  };
}

type AccountFacts = Pick<TailFacts, 'offAt' | 'checkedAt' | 'dateFilterWorks' | 'listFilterWorks'>;

/** What doctor found longer ago says nothing. */
const probeValidDays = 30;

async function readAccount(database: Queryable, accountId: number): Promise<AccountFacts> {
  const isValid = `filters_probed_at > now() - interval '${probeValidDays} days'`;
  const { rows } = await database.query<AccountFacts>(
    `select tail_off_at as "offAt", tail_checked_at as "checkedAt",
            case when ${isValid} then date_filter_works end as "dateFilterWorks",
            case when ${isValid} then list_filter_works end as "listFilterWorks"
     from pipeline.accounts where account_id = $1`,
    [accountId],
  );
  return rows[0] ?? { offAt: null, checkedAt: null, dateFilterWorks: null, listFilterWorks: null };
}

async function readMarks(
  database: Queryable,
  accountId: number,
  eventTypes: readonly string[],
): Promise<TailMark[]> {
  const { rows } = await database.query<TailMark>(
    `select event_type as "eventType", rung, window_from as "windowFrom", covered_to as "coveredTo",
            below_job_id as "belowJobId", completed_at as "completedAt", last_records as "lastRecords",
            last_window_seconds as "lastWindowSeconds"
     from pipeline.tails where account_id = $1 and event_type = any($2) and completed_at is not null`,
    [accountId, eventTypes],
  );
  return rows;
}

async function readOpen(
  database: Queryable,
  accountId: number,
  eventTypes: readonly string[],
): Promise<OpenTail[]> {
  // By extract_tasks_unsettled and extract_tasks_parked.
  const { rows } = await database.query<Omit<OpenTail, 'window'> & Window>(
    `select root.event_type as "eventType", root.rung, root.below_job_id as "belowJobId", root.job_ids as "jobIds",
            root.window_from as "from", root.window_to as "to",
            exists (select from pipeline.extract_tasks as part
                    where part.root_id = root.id and part.state = 'parked') as "isParked",
            array(select distinct part.definition_id::text from pipeline.extract_tasks as part
                  where part.root_id = root.id and part.definition_id is not null) as "definitionIds"
     from pipeline.extract_tasks as root
     where root.id in (
       select root_id from pipeline.extract_tasks
       where account_id = $1 and job_id is null and event_type = any($2) and kind = 'tail' and settled_at is null
       union
       select root_id from pipeline.extract_tasks
       where account_id = $1 and job_id is null and event_type = any($2) and kind = 'tail' and state = 'parked')`,
    [accountId, eventTypes],
  );
  return rows.map(({ from, to, ...rest }) => ({ ...rest, window: { from, to } }));
}

/** Of other event types as well: one that was never read begins where they are. */
async function readFailures(database: Queryable, accountId: number): Promise<RungFailure[]> {
  const { rows } = await database.query<RungFailure>(
    `select event_type as "eventType", rung, failed_at as "failedAt" from pipeline.tail_failures where account_id = $1`,
    [accountId],
  );
  return rows;
}

async function readWidths(database: Queryable, accountId: number): Promise<TailFacts['widths'][number][]> {
  const { rows } = await database.query<TailFacts['widths'][number]>(
    `select split_part(event_type, ' ', 3) as "eventType", split_part(event_type, ' ', 2)::int as rung,
            works_seconds as "worksSeconds"
     from pipeline.window_widths
     where account_id = $1 and event_type like 'tail %' and works_seconds is not null
       and updated_at > now() - interval '7 days'`,
    [accountId],
  );
  return rows;
}

async function readCompleteJobs(
  database: Queryable,
  accountId: number,
  eventTypes: readonly string[],
): Promise<Map<string, Set<number>>> {
  const { rows } = await database.query<{ eventType: string; jobIds: number[] }>(
    `select event_type as "eventType", array_agg(job_id) as "jobIds" from pipeline.checkpoints
     where account_id = $1 and event_type = any($2) and state = 'complete'
     group by event_type`,
    [accountId, eventTypes],
  );
  return new Map(rows.map(({ eventType, jobIds }) => [eventType, new Set(jobIds)]));
}
