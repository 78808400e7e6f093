import { createHash } from 'node:crypto';
import { foreignAccountReason } from '../../columns/page-builder.ts';
import type { Pool, Queryable } from '../connection/pool.ts';
import { readByCursor } from '../connection/read-by-cursor.ts';

/** A rejected record as it is kept: what was read of it, as XML, and why it could not be typed. */
export interface RejectedText {
  readonly reason: string;
  readonly xml: string;
  /** Where it is from a file; then it is a header line and the record as CSV, not XML. */
  readonly file?: RejectedFile;
}

/** What a record of a file is read with. */
export interface RejectedFile {
  readonly name: string;
  readonly line: number;
  readonly delimiter: string;
  readonly timeZone: string | null;
  /** Its details are kept; absent in lines that are older than the setting. */
  readonly hasDetails?: boolean;
}

/** Rejected records that were read together. */
export interface RejectedPage {
  readonly accountId: number;
  readonly jobId: number | null;
  readonly eventType: string;
  readonly runId: number | string | null;
  readonly records: readonly RejectedText[];
}

/**
 * Keeps records that could not be read, one row each however often they are read. Runs in the transaction of
 * their page, so that a page that is rolled back leaves none behind.
 *
 * @returns the number of records that were not known before.
 */
export async function keepRejected(client: Queryable, page: RejectedPage): Promise<number> {
  if (page.records.length === 0) return 0;

  const entries = distinctEntries(page.records);
  const { rows } = await client.query<{ is_new: boolean }>(
    `insert into pipeline.rejected_records as known
       (account_id, job_id, event_type, run_id, reason, record, record_digest, times_seen, file)
     select $1::bigint, $2::bigint, $3::text, $4::bigint, page.*
     from unnest($5::text[], $6::text[], $7::bytea[], $8::int[], $9::jsonb[])
       as page (reason, record, record_digest, times_seen, file)
     on conflict (account_id, event_type, record_digest) do update
     set times_seen = known.times_seen + excluded.times_seen, last_seen_at = now(), reason = excluded.reason
     returning known.xmax = 0 as is_new`,
    [
      ...[page.accountId, page.jobId, page.eventType, page.runId],
      entries.map((entry) => entry.reason),
      entries.map((entry) => entry.record),
      entries.map((entry) => entry.digest),
      entries.map((entry) => entry.timesSeen),
      entries.map(({ file }) => (file === undefined ? null : JSON.stringify(file))),
    ],
  );
  return rows.filter((row) => row.is_new).length;
}

interface Entry {
  readonly reason: string;
  readonly record: string;
  readonly digest: Buffer;
  readonly file: RejectedFile | undefined;
  timesSeen: number;
}

/** Equal records are one entry; in the order of their digests, so that two pages cannot wait for each other. */
function distinctEntries(records: RejectedPage['records']): Entry[] {
  const entries = new Map<string, Entry>();
  for (const { reason, xml, file } of records) {
    const record = storable(xml);
    const known = entries.get(record);
    if (known === undefined) {
      const digest = createHash('sha256').update(record).digest();
      entries.set(record, { reason: storable(reason), record, digest, file, timesSeen: 1 });
    } else {
      known.timesSeen += 1;
    }
  }
  return [...entries.values()].sort((one, other) => one.digest.compare(other.digest));
}

// Postgres stores no U+0000 and no half of a surrogate pair; the replacement character shows that one was there.
function storable(text: string): string {
  return text.replaceAll('\u0000', '\ufffd').toWellFormed();
}

/** Records of a run that belong to other business units than the requested one, by account. */
export async function countForeignRecords(
  database: Queryable,
  runId: number,
): Promise<{ accountId: number; records: number }[]> {
  const { rows } = await database.query<{ accountId: number; records: number }>(
    `select account_id as "accountId", count(*) as records from pipeline.rejected_records
     where run_id = $1 and reason = $2 group by account_id order by account_id`,
    [runId, foreignAccountReason],
  );
  return rows;
}

/** A rejected record as it is kept. */
export interface KeptRecord {
  readonly id: number;
  readonly accountId: number;
  readonly jobId: number | null;
  readonly eventType: string;
  readonly record: string;
  /** Null where SOAP brought it. */
  readonly file: RejectedFile | null;
}

export interface ListedRecord extends KeptRecord {
  readonly reason: string;
  readonly firstSeenAt: Date;
  readonly lastSeenAt: Date;
  readonly timesSeen: number;
  readonly runId: number | null;
}

/** Rejected records after an id, but for those that were dismissed, in the order of their ids. */
export async function readRejected(database: Queryable, after: number, limit: number): Promise<KeptRecord[]> {
  const { rows } = await database.query<KeptRecord>(
    `select id, account_id as "accountId", job_id as "jobId", event_type as "eventType", record, file
     from pipeline.rejected_records where id > $1 and dismissed_at is null order by id limit $2`,
    [after, limit],
  );
  return rows;
}

/** Rejected records that were not dismissed, the latest first. */
export async function listRejected(database: Queryable, limit: number): Promise<ListedRecord[]> {
  const { rows } = await database.query<ListedRecord>(`${listStatement} limit $1`, [limit]);
  return rows;
}

/** All of them, in the same order, with memory for one fetch. */
export function readAllRejected(
  pool: Pool,
  take: (records: readonly ListedRecord[]) => Promise<void>,
): Promise<number> {
  const fetch = async (tx: Queryable, cursor: string) =>
    (await tx.query<ListedRecord>(`fetch ${recordsPerFetch} from ${cursor}`)).rows;
  return readByCursor(pool, { text: listStatement, values: [] }, fetch, take);
}

// A record may have a megabyte.
const recordsPerFetch = 50;

const listStatement = `
  select id, account_id as "accountId", job_id as "jobId", event_type as "eventType", reason, record, file,
         first_seen_at as "firstSeenAt", last_seen_at as "lastSeenAt", times_seen as "timesSeen", run_id as "runId"
  from pipeline.rejected_records where dismissed_at is null order by last_seen_at desc, id desc`;

export async function deleteRejected(database: Queryable, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  await database.query('delete from pipeline.rejected_records where id = any($1)', [ids]);
}
