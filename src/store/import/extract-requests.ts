import type { Queryable } from '../connection/pool.ts';
import type { SerialConnection } from '../connection/session.ts';
import type { StagedComparison } from './compare-staged.ts';

/** One extract as the ledger has it. */
export interface ExtractEntry extends ExtractPlan {
  readonly requestId: number;
  readonly state: 'planned' | 'requested' | 'fetched' | 'loaded' | 'done' | 'failed';
  /** How often the request left. */
  readonly attempts: number;
  readonly errorCode: string | null;
  readonly errorText: string | null;
  /** What a comparison of its archive found; null where it is imported, or not compared yet. */
  readonly findings: readonly ExtractFinding[] | null;
}

/** A job's events of one type in the archive, against those that are loaded. */
export interface ExtractFinding extends StagedComparison {
  readonly eventType: string;
}

/** One extract to be requested. */
export interface ExtractPlan {
  readonly accountId: number;
  readonly eventTypes: readonly string[];
  readonly jobIds: readonly number[] | null;
  readonly from: Date;
  readonly to: Date;
  readonly fileName: string;
}

/** Only one process works on a command: held as long as the session. False where another one does. */
export async function lockExtract(session: SerialConnection, scope: string): Promise<boolean> {
  const { rows } = await session.query<{ locked: boolean }>(
    `select pg_try_advisory_lock(hashtextextended('sfmc-tracking extract ' || $1, 0)) as locked`,
    [scope],
  );
  return rows[0]?.locked === true;
}

/** The requests of the command's latest round, oldest first. */
export async function readLatest(database: Queryable, scope: string): Promise<ExtractEntry[]> {
  const { rows } = await database.query<ExtractEntry>(
    `select request_id as "requestId", account_id as "accountId", event_types as "eventTypes", job_ids as "jobIds",
            range_from as "from", range_to as "to", file_name as "fileName", state, attempts,
            error_code as "errorCode", error_text as "errorText", findings
     from pipeline.extract_requests
     where scope = $1 and round = (select max(round) from pipeline.extract_requests where scope = $1)
     order by request_id`,
    [scope],
  );
  return rows;
}

/** Enters the requests of a new round. */
export async function enterExtracts(
  database: Queryable,
  scope: string,
  plans: readonly ExtractPlan[],
): Promise<void> {
  await database.query(
    `insert into pipeline.extract_requests
       (scope, round, account_id, event_types, job_ids, range_from, range_to, file_name)
     select $1, coalesce((select max(round) from pipeline.extract_requests where scope = $1), 0) + 1,
            "accountId", "eventTypes", "jobIds", "from", "to", "fileName"
     from jsonb_to_recordset($2::jsonb) as plan ("accountId" bigint, "eventTypes" text[], "jobIds" bigint[],
       "from" timestamptz, "to" timestamptz, "fileName" text)`,
    [scope, JSON.stringify(plans)],
  );
}

/** Before the request leaves: after a crash it is known that it may have. */
export async function noteSending(database: Queryable, requestId: number): Promise<void> {
  await database.query(
    `update pipeline.extract_requests set attempts = attempts + 1, updated_at = now() where request_id = $1`,
    [requestId],
  );
}

export async function noteRequested(
  database: Queryable,
  requestId: number,
  sourceRequestId: string | undefined,
): Promise<void> {
  await database.query(
    `update pipeline.extract_requests
     set state = 'requested', source_request_id = $2, requested_at = coalesce(requested_at, now()), updated_at = now()
     where request_id = $1`,
    [requestId, sourceRequestId ?? null],
  );
}

export async function noteFetched(database: Queryable, requestId: number, bytes: number): Promise<void> {
  await database.query(
    `update pipeline.extract_requests set state = 'fetched', bytes = $2, fetched_at = now(), updated_at = now()
     where request_id = $1`,
    [requestId, bytes],
  );
}

/** Before the request counts as loaded: the same command shows them again. */
export async function keepFindings(
  database: Queryable,
  requestId: number,
  findings: readonly ExtractFinding[],
): Promise<void> {
  await database.query(
    'update pipeline.extract_requests set findings = $2, updated_at = now() where request_id = $1',
    [requestId, JSON.stringify(findings)],
  );
}

export async function noteLoaded(database: Queryable, requestId: number): Promise<void> {
  await database.query(
    `update pipeline.extract_requests set state = 'loaded', updated_at = now() where request_id = $1`,
    [requestId],
  );
}

export async function noteDone(database: Queryable, requestId: number): Promise<void> {
  await database.query(
    `update pipeline.extract_requests set state = 'done', finished_at = now(), updated_at = now()
     where request_id = $1`,
    [requestId],
  );
}

export async function noteFailed(
  database: Queryable,
  requestId: number,
  { code, message }: { readonly code: string; readonly message: string },
): Promise<void> {
  await database.query(
    `update pipeline.extract_requests
     set state = 'failed', error_code = $2, error_text = $3, finished_at = now(), updated_at = now()
     where request_id = $1`,
    [requestId, code, message],
  );
}
