import type { EventDefinition } from '../../../events/define-event.ts';
import { identityOf, logChanges } from '../../load/insert-rows.ts';
import { fillGone, fillPresent, identityHash, listOf, withoutUrlId } from './event-groups.ts';
import { stagingTable } from '../staging.ts';

/** Which rows of a slice are merged, and with what. */
export interface MergeForm {
  readonly fileId: number | 'replay';
  /** Rows that say the time to the millisecond, or to the second. */
  readonly precision: 'exact' | 'second';
  /** No event is stored within the seconds of the slice. */
  readonly isFresh: boolean;
  /** The file names links by URLID. */
  readonly hasUrlId: boolean;
}

/** The parameters of a slice: account, the group it begins after, the group it ends with. */
const account = '$1';
const range = `account_id = $1::bigint and (second, group_hash) > ($2::timestamptz, $3::bigint)
    and (second, group_hash) <= ($4::timestamptz, $5::bigint)`;

/** Fills `present` with what is stored within the seconds of a slice. */
export function presentStatement(definition: EventDefinition, form: MergeForm): string {
  const seconds = `select distinct second, job_id from ${stagingTable(form.fileId)} where ${range}`;
  return fillPresent(definition, { account, seconds, ...(form.hasUrlId ? {} : { urlId: withoutUrlId }) });
}

/** Fills `gone` with what the exact rows of a slice take the places of: events of files that say only the second. */
export function goneStatement(definition: EventDefinition, form: MergeForm): string {
  const arriving = `${slice(definition, form)},
${numbered(definition, form)},
arriving as materialized (
  select distinct second, group_hash, list, occurred_at, job_id, ${identityHash(definition, 'numbered')} as identity_hash
  from numbered where number > known
)`;
  return fillGone(arriving, 'stay');
}

/**
 * Inserts the rows of a slice that are not stored yet, and logs the change: of a group that the file has m of and the
 * table n, m - n.
 *
 * Rows that say only the second get their second, and one microsecond more each where a group has several: the key of
 * the table needs it, and Marketing Cloud has no microseconds.
 */
export function mergeStatement(definition: EventDefinition, form: MergeForm): string {
  const { table } = definition;
  const names = Object.keys(definition.columns);
  const placed = `second + (base + number - known - 1) * interval '1 microsecond'`;
  const values = names.map((name) => (name === 'occurred_at' && form.precision === 'second' ? placed : name));
  const parts = identityOf(definition);
  // Exact rows can be there twice in a file; rows of a second have a place of their own.
  const conflict = form.precision === 'exact' ? `\n  on conflict (${parts}, account_id) do nothing` : '';
  return `
with ${slice(definition, form)},
${numbered(definition, form)},
loaded as (
  insert into tracking.${table} (account_id, ${names.join(', ')}, file_digits)
  select account_id, ${values.join(', ')}, file_digits
  from numbered where number > known
  order by job_id, second${conflict}
  returning account_id, job_id, occurred_at
),
changed as (
  ${logChanges(definition, 'loaded')}
),
jobs as (
  insert into tracking.jobs as known (account_id, job_id, last_event_at, is_stub)
  select account_id, job_id, max(occurred_at), true from loaded group by account_id, job_id order by job_id
  on conflict (account_id, job_id) do update set last_event_at = excluded.last_event_at
  where known.last_event_at is null or known.last_event_at < excluded.last_event_at
)
select (select count(*) from loaded)::int as inserted, (select count(*) from slice)::int as records`;
}

function slice(definition: EventDefinition, { fileId, precision }: MergeForm): string {
  return `slice as materialized (
  select staged.*, ${listOf(definition)} as list from ${stagingTable(fileId)} as staged
  where ${range} and file_digits ${precision === 'exact' ? '>' : '='} 0
)`;
}

/**
 * Numbers the rows of each group: those above `known` are new. Stored events of the same list are set off first; what is
 * left is set off against those that name no list, and a row that names none against all.
 */
function numbered({ columns }: EventDefinition, { precision, isFresh }: MergeForm): string {
  const group = precision === 'exact' ? 'second, group_hash, occurred_at' : 'second, group_hash';
  if (isFresh) {
    return `numbered as (
  select slice.*, row_number() over (partition by ${group}) as number, 0 as known, 0 as base from slice
)`;
  }
  const isCounted = precision === 'exact' ? 'where file_digits is distinct from 0' : '';
  const names = Object.keys(columns).join(', ');
  return `known as materialized (
  select ${group}, count(*) as all_known, count(*) filter (where list is null) as known,
         coalesce(max(extract(microseconds from occurred_at - second))
                    filter (where occurred_at < second + interval '1 millisecond') + 1, 0)::bigint as base
  from pg_temp.present ${isCounted} group by ${group}
),
known_of_list as materialized (
  select ${group}, list, count(*) as list_known from pg_temp.present ${isCounted} group by ${group}, list
),
set_off as (
  select slice.*, row_number() over (partition by ${group}, list) as list_number,
         case when list is null then all_known else list_known end as list_known,
         case when list is null then 0 else known end as known, base
  from slice left join known using (${group}) left join known_of_list using (${group}, list)
),
numbered as (
  select account_id, ${names}, file_digits, second, group_hash, list,
         row_number() over (partition by ${group}) as number, coalesce(known, 0) as known, coalesce(base, 0) as base
  from set_off where list_number > coalesce(list_known, 0)
)`;
}
