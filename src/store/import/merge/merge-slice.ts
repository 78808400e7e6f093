import type { EventDefinition } from '../../../events/define-event.ts';
import type { Queryable } from '../../connection/pool.ts';
import type { MergedTo } from '../imported-files.ts';
import { lockMerging } from './make-way.ts';
import { clearPlaces, joinByHashing, joinByLookingUp, makeComparison } from './event-groups.ts';
import { isDetailsOnly } from '../../../events/extract-details.ts';
import { mergeDetails } from './merge-details.ts';
import { goneStatement, type MergeForm, mergeStatement, presentStatement } from './merge-statement.ts';
import { lockPrivacy } from '../../privacy/privacy-state.ts';
import { stagingTable } from '../staging.ts';

/** Rows of one business unit between two groups. */
export interface Slice {
  readonly accountId: number;
  readonly after: SliceEnd;
  readonly to: SliceEnd;
}

export interface NextSlice {
  readonly slice: Slice;
  /** No row of the business unit follows. */
  readonly isLast: boolean;
}

export type SliceEnd = Pick<MergedTo, 'second' | 'groupHash'>;

/** Before and after every row. */
export const sliceStart: SliceEnd = { second: '-infinity', groupHash: '-9223372036854775808' };
export const sliceEnd: SliceEnd = { second: 'infinity', groupHash: '9223372036854775807' };

// One statement's rows: enough that its fixed cost is small, few enough that other writers do not wait long.
const sliceRows = 20_000;

/** What a slice holds. */
export interface SliceContent {
  readonly precisions: readonly MergeForm['precision'][];
  readonly first: string;
  readonly last: string;
  readonly jobIds: readonly number[];
  /** Microseconds since 1970 at which the months of its rows begin. */
  readonly months: readonly number[];
  readonly rows: number;
}

/** The next slice after a group: whole groups, in the order of their seconds. Undefined where no row follows. */
export async function nextSlice(
  database: Queryable,
  fileId: number,
  accountId: number,
  after: SliceEnd,
): Promise<NextSlice | undefined> {
  const staged = `from ${stagingTable(fileId)}
     where account_id = $1 and (second, group_hash) > ($2::timestamptz, $3::bigint)`;
  const { rows } = await database.query<{
    first: string | null;
    second: string | null;
    groupHash: string | null;
  }>(
    `select first.second::text as first, bound.second::text as second, bound.hash::text as "groupHash"
     from (select (select second ${staged} order by second, group_hash limit 1) as second) as first
     left join lateral (
       select second, group_hash as hash ${staged} order by second, group_hash offset ${sliceRows - 1} limit 1) as bound on true`,
    [accountId, after.second, after.groupHash],
  );
  const [found] = rows;
  if (found === undefined || found.first === null) return undefined;
  const { first, second, groupHash } = found;
  if (second === null || groupHash === null)
    return { slice: { accountId, after, to: sliceEnd }, isLast: true };
  // Whole seconds where there are several, so that the next slice meets none of this one's rows.
  const to = first === second ? { second, groupHash } : { second, groupHash: sliceStart.groupHash };
  return { slice: { accountId, after, to }, isLast: false };
}

/** Undefined where the slice has no row. */
export async function lookAtSlice(
  database: Queryable,
  fileId: number | 'replay',
  slice: Slice,
): Promise<SliceContent | undefined> {
  const { rows } = await database.query<{
    first: string | null;
    last: string | null;
    hasExact: boolean;
    hasSecond: boolean;
    jobIds: number[];
    months: number[];
    rows: number;
  }>(
    `select min(second)::text as first, max(second)::text as last,
            bool_or(file_digits > 0) as "hasExact", bool_or(file_digits = 0) as "hasSecond",
            array_agg(distinct job_id) as "jobIds",
            array_agg(distinct (extract(epoch from date_trunc('month', second)) * 1000000)::bigint) as months,
            count(*)::int as rows
     from ${stagingTable(fileId)}
     where account_id = $1::bigint and (second, group_hash) > ($2::timestamptz, $3::bigint)
       and (second, group_hash) <= ($4::timestamptz, $5::bigint)`,
    parametersOf(slice),
  );
  const [seen] = rows;
  if (seen === undefined || seen.first === null || seen.last === null) return undefined;
  const { first, last, hasExact, hasSecond, jobIds, months, rows: count } = seen;
  const precisions = [...(hasExact ? ['exact' as const] : []), ...(hasSecond ? ['second' as const] : [])];
  return { precisions, first, last, jobIds, months, rows: count };
}

/** What is merged of a file. */
export interface MergedFile {
  readonly fileId: number | 'replay';
  readonly hasUrlId: boolean;
  /** Its details are staged, and are kept. */
  readonly hasDetails: boolean;
}

/** Merges a slice in the caller's transaction; returns how many rows it had, and how many of them were new. */
export async function mergeSlice(
  tx: Queryable,
  definition: EventDefinition,
  { hasDetails, ...file }: MergedFile,
  slice: Slice,
  content: SliceContent,
): Promise<{ records: number; inserted: number }> {
  await lockPrivacy(tx, 'shared');
  await lockMerging(tx, slice.accountId, definition.name);
  const isEvents = !isDetailsOnly(definition);
  // With both precisions in one slice the second statement has to see what the first one wrote.
  const isFresh =
    isEvents && content.precisions.length === 1 && !(await isAnyStored(tx, definition, slice, content));
  const sums = { records: 0, inserted: 0 };
  if (isEvents && !isFresh) await tx.query(makeComparison);
  const values = parametersOf(slice);
  for (const precision of content.precisions) {
    const form: MergeForm = { ...file, precision, isFresh };
    if (isEvents) {
      if (!isFresh) await compare(tx, definition, form, values);
      const merged = await mergeEvents(tx, definition, form, values);
      sums.records += merged.records;
      sums.inserted += merged.inserted;
    }
    const kept = hasDetails ? await mergeDetails(tx, definition, form, values) : 0;
    if (!isEvents) sums.inserted += kept;
  }
  return isEvents ? sums : { ...sums, records: content.rows };
}

async function mergeEvents(
  tx: Queryable,
  definition: EventDefinition,
  form: MergeForm,
  values: readonly unknown[],
): Promise<{ records: number; inserted: number }> {
  const { rows } = await tx.query<{ inserted: number; records: number }>(mergeStatement(definition, form), [
    ...values,
  ]);
  return rows[0] ?? { records: 0, inserted: 0 };
}

/** Looks up what is stored, and deletes or moves of it what the rows take the places of. */
async function compare(
  tx: Queryable,
  definition: EventDefinition,
  form: MergeForm,
  values: readonly unknown[],
): Promise<void> {
  await tx.query(`truncate pg_temp.present, pg_temp.gone; ${joinByLookingUp}`);
  await tx.query(presentStatement(definition, form), [...values]);
  await tx.query(joinByHashing);
  if (form.precision === 'exact') {
    await tx.query(goneStatement(definition, form), [...values]);
    await tx.query(joinByLookingUp);
    await tx.query(clearPlaces(definition, '$1'), values.slice(0, 1));
    await tx.query(joinByHashing);
  }
}

/** Most files are imported where nothing of their jobs is: then no row has to be compared. */
async function isAnyStored(
  tx: Queryable,
  { table }: EventDefinition,
  { accountId }: Slice,
  { first, last, jobIds }: SliceContent,
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `select from unnest($4::bigint[]) as job (job_id), lateral (
       select from tracking.${table} as stored
       where stored.account_id = $1 and stored.job_id = job.job_id and stored.occurred_at >= $2::timestamptz
         and stored.occurred_at < $3::timestamptz + interval '1 second'
       limit 1) as found
     limit 1`,
    [accountId, first, last, jobIds],
  );
  return rowCount === 1;
}

function parametersOf({ accountId, after, to }: Slice): unknown[] {
  return [accountId, after.second, after.groupHash, to.second, to.groupHash];
}
