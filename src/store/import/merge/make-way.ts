import type { PageColumns } from '../../../columns/page.ts';
import type { EventDefinition } from '../../../events/define-event.ts';
import { columnArrays } from '../../load/insert-rows.ts';
import { type Placeholder, type Statement, writeStatement } from '../../load/statement.ts';
import type { Queryable } from '../../connection/pool.ts';
import {
  clearPlaces,
  fillGone,
  fillPresent,
  groupHash,
  identityHash,
  joinByHashing,
  joinByLookingUp,
  listOf,
  makeComparison,
  withoutUrlId,
} from './event-groups.ts';

/** Rows read by SOAP that are about to be loaded. */
export interface ArrivingRows {
  readonly definition: EventDefinition;
  readonly accountId: number;
  readonly columns: PageColumns;
}

/**
 * Lets rows read by SOAP take the places of the same events that files brought: each new one, of one. To be called in
 * the transaction that loads them, before it does; other merges of the account and event type wait for its end.
 *
 * It has to be called for every page of an event type that files brought events of (`pipeline.file_event_types`).
 */
export async function makeWay(tx: Queryable, rows: ArrivingRows): Promise<void> {
  const { definition, accountId, columns } = rows;
  if (columns.rowCount === 0) return;
  await lockMerging(tx, accountId, definition.name);
  const { present, gone } = statementsFor(definition);
  await tx.query(`${makeComparison}; ${joinByLookingUp}`);
  await tx.query(present.text, present.values(rows));
  await tx.query(joinByHashing);
  await tx.query(gone.text, gone.values(rows));
  await tx.query(joinByLookingUp);
  await tx.query(clearPlaces(definition, '$1'), [accountId]);
  await tx.query('drop table pg_temp.present, pg_temp.gone');
}

/** One merge of an account and event type at a time, until the transaction ends. */
export async function lockMerging(tx: Queryable, accountId: number, eventType: string): Promise<void> {
  await tx.query(`select pg_advisory_xact_lock(hashtextextended('sfmc-tracking merge ' || $2, $1))`, [
    accountId,
    eventType,
  ]);
}

/** Whether files brought events of the type; after `lockMerging` that holds to the end of the transaction. */
export async function hasFileEvents(
  database: Queryable,
  accountId: number,
  eventType: string,
): Promise<boolean> {
  const { rowCount } = await database.query(
    'select from pipeline.file_event_types where account_id = $1 and event_type = $2',
    [accountId, eventType],
  );
  return rowCount === 1;
}

interface Statements {
  readonly present: Statement<ArrivingRows>;
  readonly gone: Statement<ArrivingRows>;
}

const statements = new Map<EventDefinition, Statements>();

function statementsFor(definition: EventDefinition): Statements {
  const known = statements.get(definition) ?? {
    present: presentStatement(definition),
    gone: goneStatement(definition),
  };
  statements.set(definition, known);
  return known;
}

function presentStatement(definition: EventDefinition): Statement<ArrivingRows> {
  return writeStatement(`present ${definition.name}`, (placeholder) => {
    const account = placeholder(({ accountId }: ArrivingRows) => accountId);
    const seconds = `select distinct date_trunc('second', occurred_at) as second, job_id
  from ${arrivingPage(definition, placeholder)}`;
    return fillPresent(definition, { account, seconds });
  });
}

function goneStatement(definition: EventDefinition): Statement<ArrivingRows> {
  return writeStatement(`gone ${definition.name}`, (placeholder) => {
    const keyed = (urlId?: string) =>
      `select date_trunc('second', occurred_at) as second, ${groupHash(definition, urlId)} as group_hash,
           ${listOf(definition)} as list, occurred_at, job_id, identity_hash
    from page`;
    // A file without URLIDs wrote the URL alone.
    const forms = 'url_id' in definition.columns ? [keyed(), keyed(withoutUrlId)] : [keyed()];
    const arriving = `page as materialized (
  select distinct on (occurred_at, job_id, identity_hash) page.*, ${identityHash(definition, 'page')} as identity_hash
  from ${arrivingPage(definition, placeholder)}
  order by occurred_at, job_id, identity_hash
),
arriving as materialized (
  select * from (
    ${forms.join('\n    union all\n    ')}) as keyed
  where not exists (
    select from pg_temp.present
    where present.occurred_at = keyed.occurred_at and present.job_id = keyed.job_id
      and present.identity_hash = keyed.identity_hash and present.file_digits is null)
)`;
    return fillGone(arriving, 'also');
  });
}

function arrivingPage(definition: EventDefinition, placeholder: Placeholder<ArrivingRows>): string {
  const arrays = columnArrays(definition, ({ columns }: ArrivingRows) => columns, placeholder);
  return `unnest(${arrays.join(', ')})
    as page (${Object.keys(definition.columns).join(', ')})`;
}
