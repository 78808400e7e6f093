import type { PageColumns } from '../columns/page.ts';
import type { DimensionDefinition } from '../dimensions/define-dimension.ts';
import { arrayTypes, binaryArrayOf } from './load/binary/arrays.ts';
import type { Queryable } from './connection/pool.ts';

/** A page of a dimension, and the progress of the task that read it. */
export interface DimensionPage {
  readonly definition: DimensionDefinition;
  readonly page: PageColumns;
  readonly accountId: number;
  readonly taskId: number;
  /** The fence that the task was taken with. */
  readonly fence: number;
  /** RequestID of the response that brought the page. */
  readonly requestId: string | null;
  readonly isLast: boolean;
  readonly newlyRejectedCount: number;
  /** Requests made for this page. */
  readonly requestCount: number;
}

export interface WrittenPage {
  /** False: another owner has the task, and nothing was written. */
  readonly progressed: boolean;
  /** Rows that were not there before. */
  readonly insertedCount: number;
}

/**
 * Writes a page of a dimension and the progress of its task in one statement: both or neither. A fence that is no
 * longer the task's writes nothing. Rows that the source does not return any more stay as they were.
 */
export async function writeDimensionPage(database: Queryable, written: DimensionPage): Promise<WrittenPage> {
  const { definition, page, taskId, fence, accountId, requestId, isLast } = written;
  const { rows } = await database.query<{ progressed: number; inserted: number }>({
    name: `write_dimension_${definition.name}`,
    text: writeStatement(definition),
    values: [
      ...[taskId, fence, accountId, requestId, isLast],
      ...[page.recordCount, written.newlyRejectedCount, written.requestCount],
      ...Array.from(page.columns.values(), (column) => binaryArrayOf(column, page.rowCount)),
    ],
  });
  return { progressed: rows[0]?.progressed === 1, insertedCount: rows[0]?.inserted ?? 0 };
}

/** The parameters before those of the columns. */
const fixedParameters = 8;

/**
 * One row per key also where a page names it twice: `on conflict` refuses to update a row twice. In the order of the
 * key, so that two pages with the same rows wait for each other and cannot deadlock.
 */
function writeStatement(definition: DimensionDefinition): string {
  const { table, columns, key, setOnUpsert, history } = definition;
  const names = Object.keys(columns);
  const arrays = Object.values(columns).map(
    ({ kind }, index) => `$${index + 1 + fixedParameters}::${arrayTypes[kind]}`,
  );
  const keyOfPage = listOf(key, 'page');
  const set = [...names, ...Object.keys(setOnUpsert)];
  const values = [...names.map((name) => valueOf(name, definition)), ...Object.values(setOnUpsert)];
  // Rows that name their business unit themselves are of it, not of the account that was asked.
  const account = 'account_id' in columns ? [] : ['account_id'];
  const returned = [...account, ...key, ...(history?.columns ?? [])];
  return `
    with owner as materialized (
      select id, account_id from pipeline.extract_tasks
      where id = $1 and fence = $2 and account_id = $3 for update),
    written as (
      insert into tracking.${table} as known (${[...account, ...set].join(', ')})
      select distinct on (${keyOfPage}) ${[...account.map((name) => `owner.${name}`), ...values].join(', ')}
      from owner, unnest(${arrays.join(', ')}) as page (${names.join(', ')})
      order by ${keyOfPage}
      on conflict (${[...account, ...key].join(', ')}) do update
      set ${set.map((name) => `${name} = excluded.${name}`).join(', ')}
      -- A row that was updated has been locked by this transaction before.
      returning ${listOf(returned, 'known')}, xmax = 0 as is_new),
    ${history === undefined ? '' : historyPart([...account, ...key], history)}
    progress as (
      update pipeline.extract_tasks as task
      set request_id = $4,
          pages = task.pages + 1,
          records = task.records + $6,
          inserted = task.inserted + (select count(*) from written where is_new),
          rejected = task.rejected + $7,
          requests = task.requests + $8,
          state = case when $5::boolean then 'done' else task.state end,
          settled_at = case when $5::boolean then now() else task.settled_at end,
          finished_at = case when $5::boolean then now() else task.finished_at end,
          updated_at = now()
      where task.id = $1 and task.fence = $2 and exists (select from owner)
      returning task.id)
    select (select count(*) from progress)::int as progressed,
           (select count(*) from written where is_new)::int as inserted`;
}

function valueOf(name: string, { trimmed, nullInsteadOfZero = [] }: DimensionDefinition): string {
  if (trimmed.includes(name)) return `rtrim(page.${name})`;
  return nullInsteadOfZero.includes(name) ? `nullif(page.${name}, 0)` : `page.${name}`;
}

/** Keeps the rows that do not stand as they did when they were last kept: one for each day on which they moved. */
function historyPart(
  key: readonly string[],
  { table, columns }: NonNullable<DimensionDefinition['history']>,
): string {
  const set = ['counters_at', ...columns];
  return `moved as (
      insert into tracking.${table} (${[...key, 'day', ...set].join(', ')})
      select ${listOf(key, 'written')}, (now() at time zone 'utc')::date, now(), ${listOf(columns, 'written')}
      from written
      left join lateral (
        select ${listOf(columns, 'kept')} from tracking.${table} as kept
        where ${key.map((name) => `kept.${name} = written.${name}`).join(' and ')}
        order by kept.day desc limit 1) as latest on true
      where row(${listOf(columns, 'written')}) is distinct from row(${listOf(columns, 'latest')})
      order by ${listOf(key, 'written')}
      on conflict (${[...key, 'day'].join(', ')}) do update
      set ${set.map((name) => `${name} = excluded.${name}`).join(', ')}),`;
}

function listOf(columns: readonly string[], table: string): string {
  return columns.map((name) => `${table}.${name}`).join(', ');
}
