import type { EventDefinition } from '../../events/define-event.ts';
import type { Queryable } from '../connection/pool.ts';
import { groupHash, joinByHashing, listOf, withoutUrlId } from './merge/event-groups.ts';
import { stagingTable } from './staging.ts';

/** A job's events of one type in an extract, against those that SOAP loaded. */
export interface StagedComparison {
  readonly jobId: number;
  readonly extracted: number;
  /** Loaded by SOAP; rows that a file brought do not count. */
  readonly loaded: number;
  /** In the extract, and not loaded. */
  readonly missing: number;
  /** Loaded, and not in the extract. */
  readonly surplus: number;
}

export interface ComparedSpan {
  readonly fileId: number;
  readonly accountId: number;
  /** The file names links by URLID. */
  readonly hasUrlId: boolean;
  /** Null: all jobs. */
  readonly jobIds: readonly number[] | null;
  /** Half-open. */
  readonly from: Date;
  readonly to: Date;
}

/**
 * Compares the rows of a staged file with the events that SOAP loaded, group by group: of a group that the extract has m of and
 * SOAP n, m - n are missing. In a transaction.
 *
 * Rows of the file that are equal to the millisecond are one event to SOAP, which has no more to go by.
 */
export async function compareStaged(
  tx: Queryable,
  definition: EventDefinition,
  { fileId, accountId, hasUrlId, jobIds, from, to }: ComparedSpan,
): Promise<StagedComparison[]> {
  await tx.query(joinByHashing);
  const hash = groupHash(definition, hasUrlId ? 'url_id' : withoutUrlId);
  const { rows } = await tx.query<StagedComparison>(
    `with extracted as materialized (
       select job_id, second, group_hash,
              case when bool_or(file_digits > 0) then count(distinct (occurred_at, ${listOf(definition)})) else count(*) end as events
       from ${stagingTable(fileId)}
       where account_id = $1::bigint and occurred_at >= $2 and occurred_at < $3
       group by job_id, second, group_hash),
     loaded as materialized (
       select job_id, date_trunc('second', occurred_at) as second, ${hash} as group_hash, count(*) as events
       from tracking.${definition.table}
       where account_id = $1::bigint and occurred_at >= $2 and occurred_at < $3 and file_digits is null
         and ($4::bigint[] is null or job_id = any($4))
       group by 1, 2, 3)
     select job_id as "jobId", coalesce(sum(extracted.events), 0)::bigint as extracted,
            coalesce(sum(loaded.events), 0)::bigint as loaded,
            sum(greatest(coalesce(extracted.events, 0) - coalesce(loaded.events, 0), 0))::bigint as missing,
            sum(greatest(coalesce(loaded.events, 0) - coalesce(extracted.events, 0), 0))::bigint as surplus
     from extracted full join loaded using (job_id, second, group_hash)
     group by job_id order by job_id`,
    [accountId, from, to, jobIds],
  );
  return rows;
}

/** Before this instant SOAP has loaded all events of a type, as far as it knows; undefined where it cannot say. */
export async function readCompleteTo(
  database: Queryable,
  accountId: number,
  eventTypes: readonly string[],
): Promise<Date | undefined> {
  const { rows } = await database.query<{ completeTo: Date | null; types: number }>(
    `select min(complete_to) as "completeTo", count(complete_to) as types
     from bi.freshness where account_id = $1 and event_type = any($2)`,
    [accountId, eventTypes],
  );
  const [found] = rows;
  return found?.types === eventTypes.length ? (found.completeTo ?? undefined) : undefined;
}
