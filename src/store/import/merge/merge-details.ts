import type { EventDefinition } from '../../../events/define-event.ts';
import { detailColumns, fractionColumns, isDetailsOnly } from '../../../events/extract-details.ts';
import type { Queryable } from '../../connection/pool.ts';
import { joinByLookingUp, listOf } from './event-groups.ts';
import type { MergeForm } from './merge-statement.ts';
import { stagingTable } from '../staging.ts';

/** Rows of a staged file, as `mergeSlice` has them: account, the group they begin after, the group they end with. */
const range = `account_id = $1::bigint and (second, group_hash) > ($2::timestamptz, $3::bigint)
    and (second, group_hash) <= ($4::timestamptz, $5::bigint)`;

/**
 * Keeps the details of a slice's rows of one precision, in the transaction that merges them: each once, however often and
 * in whatever form the event is read. To be called under the lock of the merge.
 *
 * Rows to the millisecond stand for themselves; those to the second are numbered within their group, and each of them
 * that is to the millisecond takes the place of one. Clicks with URLID take the places of those without. What is read again
 * fills what was missing; a row to the second changes no value.
 */
export async function mergeDetails(
  tx: Queryable,
  definition: EventDefinition,
  form: MergeForm,
  values: readonly unknown[],
): Promise<number> {
  const { precision, hasUrlId } = form;
  const isClick = 'url_id' in definition.columns;
  await tx.query(joinByLookingUp);
  const { rows } = await tx.query<{ merged: number }>(upsert(definition, form), [...values]);
  if (precision === 'exact') await tx.query(deleteLessExact(definition, form), [...values]);
  if (isClick && hasUrlId) await tx.query(deleteWithoutUrlId(definition, form), [...values]);
  return rows[0]?.merged ?? 0;
}

/** The columns of a detail's row that say which event it is, and what they are in a staged row. */
function keyColumns(definition: EventDefinition): Record<string, string> {
  const isClick = 'url_id' in definition.columns;
  return {
    account_id: 'account_id',
    occurred_at: 'occurred_at',
    job_id: 'job_id',
    batch_id: 'batch_id',
    subscriber_key: 'subscriber_key',
    url_id: isClick ? 'url_id' : 'null::bigint',
    url_hash: isClick ? 'hashtextextended(url, 0)' : 'null::bigint',
    file_digits: 'file_digits',
    event_hash: 'group_hash',
  };
}

function upsert(definition: EventDefinition, form: MergeForm): string {
  const { precision } = form;
  const details = Object.keys(detailColumns(definition));
  const valueOf = (name: string) => (fractionColumns.includes(name) ? `${name}::double precision` : name);
  const keys = keyColumns(definition);
  const list = details.join(', ');
  const group = 'event_hash, occurred_at';
  // Rows to the millisecond that are equal are one event; two lists are two.
  const number =
    precision === 'exact'
      ? `dense_rank() over (partition by ${group} order by list)`
      : `row_number() over (partition by ${group} order by list, ${list})`;
  const known = details.map((name) => `known.${name}`);
  const better = details.map((name) =>
    precision === 'exact'
      ? `coalesce(excluded.${name}, known.${name})`
      : `coalesce(known.${name}, excluded.${name})`,
  );
  return `
with arriving as materialized (
  select ${Object.entries(keys)
    .map(([name, value]) => `${value} as ${name}`)
    .join(', ')},
         ${details.map((name) => `${valueOf(name)} as ${name}`).join(', ')}, second, ${listOf(definition)} as list
  from ${stagingTable(form.fileId)} as staged
  where ${range} and file_digits ${precision === 'exact' ? '>' : '='} 0${
    isDetailsOnly(definition)
      ? ''
      : `
    and num_nonnulls(${list}) > 0`
  }
),
numbered as (
  select arriving.*, ${number}::integer as number from arriving
),
kept as (
  insert into tracking.extract_details as known (event_type, ${Object.keys(keys).join(', ')}, number, ${list})
  select distinct on (${group}, number) '${definition.name}', ${Object.keys(keys).join(', ')}, number, ${list}
  from numbered${conditionOf(definition, form)}
  order by ${group}, number, ${list}
  on conflict (account_id, occurred_at, event_type, event_hash, file_digits, number) do update
  set (${list}) = row(${better.join(', ')})
  where row(${known.join(', ')}) is distinct from row(${better.join(', ')})
  returning 1
)
select count(*)::int as merged from kept`;
}

/** Which of the rows are no event that a better row speaks of; both are looked up in extract_details_identity. */
function conditionOf(definition: EventDefinition, { precision, hasUrlId }: MergeForm): string {
  const conditions = [
    ...(precision === 'second'
      ? [`number > ${countExact(definition, 'numbered.second', 'numbered.event_hash')}`]
      : []),
    ...('url_id' in definition.columns && !hasUrlId
      ? [
          `not exists (select from tracking.extract_details as better ${sameClick(definition, 'numbered', 'better')}
          and better.url_id is not null offset 0)`,
        ]
      : []),
  ];
  return conditions.length === 0 ? '' : `\n  where ${conditions.join('\n    and ')}`;
}

/** How many details of a second and group say their time to the millisecond. */
function countExact({ name }: EventDefinition, second: string, hash: string): string {
  return `(select count(*) from tracking.extract_details as exact
      where exact.account_id = $1::bigint and exact.event_type = '${name}' and exact.occurred_at >= ${second}
        and exact.occurred_at < ${second} + interval '1 second' and exact.event_hash = ${hash} and exact.file_digits > 0)`;
}

/** A condition: details of a click on the same URL within the same second, by the same message. */
function sameClick({ name }: EventDefinition, one: string, other: string): string {
  const batchId = (row: string) => `nullif(nullif(${row}.batch_id, 0), 1)`;
  return `where ${other}.account_id = $1::bigint and ${other}.event_type = '${name}'
        and ${other}.occurred_at >= ${one}.second and ${other}.occurred_at < ${one}.second + interval '1 second'
        and ${other}.job_id = ${one}.job_id and ${other}.subscriber_key is not distinct from ${one}.subscriber_key
        and ${batchId(other)} is not distinct from ${batchId(one)} and ${other}.url_hash = ${one}.url_hash`;
}

function deleteLessExact(definition: EventDefinition, { fileId }: MergeForm): string {
  return `
delete from tracking.extract_details as lesser
using (select distinct second, group_hash from ${stagingTable(fileId)} where ${range} and file_digits > 0) as touched
where lesser.account_id = $1::bigint and lesser.occurred_at = touched.second and lesser.event_type = '${definition.name}'
  and lesser.event_hash = touched.group_hash and lesser.file_digits = 0
  and lesser.number <= ${countExact(definition, 'touched.second', 'touched.group_hash')}`;
}

function deleteWithoutUrlId(definition: EventDefinition, { fileId }: MergeForm): string {
  return `
delete from tracking.extract_details as lesser
using (
  select second, job_id, batch_id, subscriber_key, hashtextextended(url, 0) as url_hash
  from ${stagingTable(fileId)} where ${range} and url_id is not null) as touched
${sameClick(definition, 'touched', 'lesser')} and lesser.url_id is null`;
}
