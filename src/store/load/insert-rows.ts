import type { PageColumns } from '../../columns/page.ts';
import type { EventDefinition } from '../../events/define-event.ts';
import type { Queryable } from '../connection/pool.ts';
import { arrayTypes, binaryArrayOf } from './binary/arrays.ts';
import { type Placeholder, writeStatement } from './statement.ts';

/** Rows that belong to no task. */
interface Rows {
  readonly accountId: number;
  readonly page: PageColumns;
}

/**
 * Inserts rows that belong to no task: records that were rejected and can be read now.
 * Returns the number of new rows.
 */
export async function insertRows(
  client: Queryable,
  definition: EventDefinition,
  accountId: number,
  page: PageColumns,
): Promise<number> {
  if (page.rowCount === 0) return 0;
  const { text, values } = writeStatement<Rows>(`insert_${definition.name}`, (placeholder) => {
    const source = {
      account: placeholder((rows) => rows.accountId),
      columns: columnArrays(definition, ({ page: columns }: Rows) => columns, placeholder),
    };
    return `
with loaded as (
  ${insertStatement(definition, source)}
),
changed as (
  ${logChanges(definition, 'loaded')}
)
select count(*)::int as inserted from loaded`;
  });
  const { rows } = await client.query<{ inserted: number }>(text, values({ accountId, page }));
  return rows[0]?.inserted ?? 0;
}

/** What an insert reads: placeholders of the account and of one array per column, and the ways to load them. */
export interface InsertSource {
  readonly account: string;
  readonly columns: readonly string[];
  /** A condition of the form `where …`. */
  readonly condition?: string;
  /** Without a look for known rows; one that is there already fails the statement. */
  readonly isInsertOnly?: boolean;
  /** Without its new rows as a result. */
  readonly isSilent?: boolean;
}

/**
 * In the order of the identity, two loads of the same events wait for each other and cannot deadlock, and
 * neighbors in the index come one after the other: a page of one job fills a few pages of it. Conflicts are looked up in
 * <table>_identity.
 */
export function insertStatement(definition: EventDefinition, source: InsertSource): string {
  const { account, columns, condition, isInsertOnly, isSilent } = source;
  const { table } = definition;
  const names = Object.keys(definition.columns).join(', ');
  const parts = identityOf(definition);
  return [
    `insert into tracking.${table} (account_id, ${names})`,
    `select ${account}::bigint, page.*`,
    `from unnest(${columns.join(', ')})`,
    `  as page (${names})`,
    ...(condition === undefined ? [] : [condition]),
    `order by ${parts}`,
    ...(isInsertOnly === true ? [] : [`on conflict (${parts}, account_id) do nothing`]),
    ...(isSilent === true ? [] : ['returning account_id, job_id, occurred_at']),
  ].join('\n  ');
}

/** A placeholder for each column of the definition, sent as one array. */
export function columnArrays<Source>(
  definition: EventDefinition,
  pageOf: (source: Source) => PageColumns,
  placeholder: Placeholder<Source>,
): string[] {
  return Object.entries(definition.columns).map(([name, { kind }]) => {
    const array = placeholder((source) => {
      const { columns, rowCount } = pageOf(source);
      const column = columns.get(name);
      if (column === undefined) throw new Error(`the page has no column ${name}`);
      return binaryArrayOf(column, rowCount);
    });
    return `${array}::${arrayTypes[kind]}`;
  });
}

/** Logs the rows that `loaded` has inserted, so that rollups can follow: one line for each job. */
export function logChanges({ name }: EventDefinition, loaded: string): string {
  return [
    'insert into pipeline.rollup_changes (account_id, event_type, job_id, first_at, last_at)',
    `select account_id, '${name}', job_id, min(occurred_at), max(occurred_at)`,
    `from ${loaded} group by account_id, job_id`,
  ].join('\n  ');
}

/** Logs a page of which each row is new and of one job: the page has its bounds, so no row is looked at. */
export function logPage({ name }: EventDefinition, page: PageBounds): string {
  return [
    'insert into pipeline.rollup_changes (account_id, event_type, job_id, first_at, last_at)',
    `select ${page.account}::bigint, '${name}', ${page.job}::bigint, ${page.firstAt}::timestamptz, ${page.lastAt}::timestamptz`,
  ].join('\n  ');
}

/** Placeholders of what a page has in common. */
interface PageBounds {
  readonly account: string;
  readonly job: string;
  readonly firstAt: string;
  readonly lastAt: string;
}

/** The expressions of the unique index <table>_identity, before `account_id`. */
export function identityOf({ identity }: EventDefinition): string {
  return `job_id, occurred_at, hash_record_extended(row(${identity.join(', ')}), 0)`;
}
