import type { PageColumns } from '../../columns/page.ts';
import type { EventDefinition } from '../../events/define-event.ts';
import { arrayTypes } from '../load/binary/arrays.ts';
import { columnArrays } from '../load/insert-rows.ts';
import { writeStatement } from '../load/statement.ts';
import type { Queryable } from '../connection/pool.ts';
import { groupHash } from './merge/event-groups.ts';

/** The table that holds the rows of a file until they are merged; of rejected lines read again, within a transaction. */
export function stagingTable(fileId: number | 'replay'): string {
  return fileId === 'replay' ? 'pg_temp.staged_replay' : `pipeline.staged_${fileId}`;
}

/** Unlogged: what a crash of Postgres empties is read again from the file. */
export async function createStaging(
  tx: Queryable,
  { columns }: EventDefinition,
  fileId: number | 'replay',
): Promise<void> {
  const own = Object.entries(columns).map(([name, { kind }]) => `${name} ${arrayTypes[kind].slice(0, -2)}`);
  const kind = fileId === 'replay' ? 'temporary' : 'unlogged';
  await dropStaging(tx, fileId);
  await tx.query(`
    create ${kind} table ${stagingTable(fileId)} (
      account_id bigint, ${own.join(', ')}, file_digits smallint, second timestamptz, group_hash bigint
    ) with (autovacuum_enabled = off)`);
}

export async function dropStaging(database: Queryable, fileId: number | 'replay'): Promise<void> {
  await database.query(`drop table if exists ${stagingTable(fileId)}`);
}

/** Rows of one business unit, with times of the same precision. */
export interface StagedRows {
  readonly accountId: number;
  readonly digits: number;
  readonly columns: PageColumns;
}

export async function stageRows(
  tx: Queryable,
  definition: EventDefinition,
  fileId: number | 'replay',
  rows: StagedRows,
): Promise<void> {
  if (rows.columns.rowCount === 0) return;
  const names = Object.keys(definition.columns).join(', ');
  const { text, values } = writeStatement<StagedRows>(
    `stage ${definition.name} ${Object.keys(definition.columns).length}`,
    (placeholder) => {
      const account = placeholder(({ accountId }) => accountId);
      const digits = placeholder((source) => source.digits);
      const arrays = columnArrays(definition, ({ columns }: StagedRows) => columns, placeholder);
      return `
insert into ${stagingTable(fileId)} (account_id, ${names}, file_digits, second, group_hash)
select ${account}::bigint, page.*, ${digits}::smallint, date_trunc('second', occurred_at), ${groupHash(definition)}
from unnest(${arrays.join(', ')})
  as page (${names})`;
    },
  );
  await tx.query(text, values(rows));
}

/** Makes the order in which the rows are merged. */
export async function indexStaging(tx: Queryable, fileId: number): Promise<void> {
  await tx.query(`create index on ${stagingTable(fileId)} (account_id, second, group_hash)`);
  await tx.query(`analyze ${stagingTable(fileId)} (account_id, second)`);
}

/** The business units of the rows. */
export async function stagedAccounts(database: Queryable, fileId: number): Promise<number[]> {
  const { rows } = await database.query<{ id: number }>(
    `with recursive accounts as (
       (select account_id as id from ${stagingTable(fileId)} order by account_id limit 1)
       union all
       select next.id from accounts, lateral (
         select account_id as id from ${stagingTable(fileId)} where account_id > accounts.id
         order by account_id limit 1) as next)
     select id from accounts order by id`,
  );
  return rows.map(({ id }) => id);
}
