import type { PageColumns } from '../../columns/page.ts';
import type { EventDefinition } from '../../events/define-event.ts';
import type { Queryable } from '../pool.ts';
import { arrayTypes, binaryArrayOf } from './binary-arrays.ts';

/**
 * Inserts rows that belong to no task: records that were set aside and can be read now.
 * Returns the number of new rows.
 */
export async function insertRows(
  client: Queryable,
  definition: EventDefinition,
  accountId: number,
  page: PageColumns,
): Promise<number> {
  if (page.rowCount === 0) return 0;
  const inserting = insertStatement(definition, { account: 1, arrays: 2, where: '', isInsertOnly: false });
  const { rows } = await client.query<{ inserted: number }>(
    `with loaded as (${inserting} returning account_id, job_id, occurred_at),
     changed as (${logChange(definition)})
     select count(*)::int as inserted from loaded`,
    [accountId, ...Array.from(page.columns.values(), (column) => binaryArrayOf(column, page.rowCount))],
  );
  return rows[0]?.inserted ?? 0;
}

/**
 * In the order of the identity, two loads of the same events wait for each other and cannot deadlock, and
 * neighbors in the index come one after the other. Conflicts are looked up in <table>_identity.
 */
export function insertStatement(
  definition: EventDefinition,
  at: { account: number; arrays: number; where: string; isInsertOnly: boolean },
): string {
  const { table, columns } = definition;
  const names = Object.keys(columns).join(', ');
  const arrays = Object.values(columns).map(
    ({ kind }, index) => `$${index + at.arrays}::${arrayTypes[kind]}`,
  );
  const parts = identityOf(definition);
  return `
      insert into tracking.${table} (account_id, ${names})
      select $${at.account}::bigint, page.*
      from unnest(${arrays.join(', ')}) as page (${names})
      ${at.where}
      order by ${parts}
      ${at.isInsertOnly ? '' : `on conflict (account_id, ${parts}) do nothing`}`;
}

/** Logs which rows of which jobs `loaded` inserted, so that rollups can follow: one line for each job. */
export function logChange({ name }: EventDefinition): string {
  return `
      insert into pipeline.rollup_changes (account_id, event_type, job_id, first_at, last_at)
      select account_id, '${name}', job_id, min(occurred_at), max(occurred_at)
      from loaded group by account_id, job_id`;
}

/** The expressions of the unique index <table>_identity, after `account_id`. */
export function identityOf({ identity }: EventDefinition): string {
  return `occurred_at, job_id, hash_record_extended(row(${identity.join(', ')}), 0)`;
}
