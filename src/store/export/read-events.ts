import type { EventDefinition } from '../../events/define-event.ts';
import type { Pool, Queryable } from '../connection/pool.ts';
import { readByCursor } from '../connection/read-by-cursor.ts';
import type { ChangedDay } from './export-marks.ts';

/** A column of an export. */
export interface ExportColumn {
  readonly name: string;
  readonly kind: 'integer' | 'text' | 'instant' | 'uuid' | 'boolean';
}

/** The columns of an event type, those that all types have first. */
export function exportColumns({ columns }: EventDefinition): ExportColumn[] {
  const first = ['job_id', 'batch_id', 'subscriber_key', 'occurred_at', 'triggered_send_id'];
  const names = [...first, ...Object.keys(columns).filter((name) => !first.includes(name))];
  return [
    { name: 'account_id', kind: 'integer' },
    ...names.flatMap((name) => {
      const column = columns[name];
      return column === undefined ? [] : [{ name, kind: column.kind }];
    }),
    { name: 'loaded_at', kind: 'instant' },
  ];
}

/** Which events are read: of some accounts, within a span; of some days only, where these are given. */
export interface EventSelection {
  readonly accountIds: readonly number[] | undefined;
  readonly from: Date;
  readonly to: Date;
  readonly days?: readonly ChangedDay[];
}

/** The months (UTC) that the table of an event type has room for; others have no events. */
export async function storedMonths(pool: Pool, { table }: EventDefinition): Promise<Date[]> {
  const { rows } = await pool.query<{ name: string }>(
    `select relname as name from pg_inherits join pg_class on oid = inhrelid
     where inhparent = to_regclass($1) order by relname`,
    [`tracking.${table}`],
  );
  return rows.flatMap(({ name }) => {
    const [, year, month] = /_y(\d+)m(\d\d)$/u.exec(name) ?? [];
    return year === undefined ? [] : [new Date(Date.UTC(Number(year), Number(month) - 1))];
  });
}

/** A row as text, in the order of the columns; instants as microseconds since 1970. */
export type ExportRow = readonly (string | null)[];

// Rows that are fetched at once: a few megabytes.
const rowsPerFetch = 10_000;

/**
 * Reads events in the order of account and time, as they are when the first is read: `write` gets a few thousand at
 * once, and the next ones are fetched when it is done.
 */
export function readEvents(
  pool: Pool,
  definition: EventDefinition,
  selection: EventSelection,
  write: (rows: readonly ExportRow[]) => Promise<void>,
): Promise<number> {
  const text = selectStatement(definition, selection);
  const values = [
    selection.accountIds ?? null,
    selection.from,
    selection.to,
    ...(selection.days === undefined ? [] : dayArrays(selection.days)),
  ];
  const fetch = async (tx: Queryable, cursor: string) => {
    const { rows } = await tx.query<(string | null)[]>({
      text: `fetch ${rowsPerFetch} from ${cursor}`,
      rowMode: 'array',
      types: { getTypeParser: () => (value: string) => value },
    });
    return rows;
  };
  return readByCursor<ExportRow>(pool, { text, values }, fetch, write);
}

function selectStatement(definition: EventDefinition, { days }: EventSelection): string {
  const values = exportColumns(definition).map(({ name, kind }) =>
    kind === 'instant' ? `(extract(epoch from event.${name}) * 1000000)::bigint as ${name}` : `event.${name}`,
  );
  const ofDays =
    days === undefined
      ? ''
      : `and exists (
         select from unnest($4::bigint[], $5::bigint[], $6::timestamptz[], $7::timestamptz[]) as day (account, job, first, next)
         where day.account = event.account_id and day.job = event.job_id
           and event.occurred_at >= day.first and event.occurred_at < day.next)`;
  return `select ${values.join(', ')} from tracking.${definition.table} as event
     where ($1::bigint[] is null or account_id = any($1)) and occurred_at >= $2 and occurred_at < $3 ${ofDays}
     order by event.account_id, event.occurred_at`;
}

function dayArrays(days: readonly ChangedDay[]): unknown[] {
  return [
    days.map(({ accountId }) => accountId),
    days.map(({ jobId }) => jobId),
    days.map(({ from }) => from),
    days.map(({ to }) => to),
  ];
}
