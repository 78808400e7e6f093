import {
  createColumn,
  growColumn,
  putText,
  putWholeNumber,
  type Column,
  type InstantColumn,
  type IntegerColumn,
} from './column-storage.ts';
import { anyInteger, isBlank, plainInteger, uuidText } from './column-values.ts';
import { accountProperty, type ColumnKind, type ObjectDefinition } from './define-event.ts';

export type { Column } from './column-storage.ts';

/** One page, typed: an array per column, in UTC, ready for its table. */
export interface PageColumns {
  readonly rowCount: number;
  /** Rows and rejected records together. */
  readonly recordCount: number;
  /** By table column, in the definition's order. */
  readonly columns: ReadonlyMap<string, Column>;
  readonly rejected: readonly RejectedRecord[];
  /** Bounds of `occurred_at`; undefined where no row has one. */
  readonly earliestMicros: number | undefined;
  readonly latestMicros: number | undefined;
  /** The last one seen. */
  readonly triggeredSendId: string | undefined;
  /** The business unit the records belong to: the one expected, else the first one named. */
  readonly accountId: number | undefined;
}

/** A record that cannot be typed; its values stand in the order of the requested properties. */
export interface RejectedRecord {
  readonly reason: string;
  readonly property: string | undefined;
  readonly values: readonly (string | null)[];
}

export interface ColumnPageOptions {
  /** The business unit that was asked; undefined while it is not known. */
  readonly accountId: number | undefined;
  /** The job that was asked for; fills an absent SendID. */
  readonly jobId: number | undefined;
  /** Events from this instant on are not believed. */
  readonly eventsBeforeMicros?: number;
  readonly capacity?: number;
}

/** Why a record cannot be typed; without a property where it is damaged as a whole. */
export interface Unreadable {
  readonly property?: string | undefined;
  readonly reason: string;
}

export interface ColumnPage {
  /** Takes one record, in the order of the requested properties; `values` may be used again by the caller. `unreadable` rejects it unseen. */
  append(values: readonly (string | null)[], unreadable?: Unreadable): void;
  finish(): PageColumns;
}

// Retrieve returns at most 2500 records; a page that is larger all the same grows.
const usualPageSize = 2500;
// Marketing Cloud began in December 2000: an event before that year is a broken date.
const earliestEventMicros = Date.UTC(2000, 0, 1) * 1000;

/**
 * Collects one page into columns; a record that cannot be typed leaves nothing but its entry in `rejected`.
 *
 * A record is written into the next free row and counted only when all of it could be read, so the next
 * record overwrites what a rejected one left behind. Text is held as it was sent until the page is loaded.
 */
export function createColumnPage(definition: ObjectDefinition, options: ColumnPageOptions): ColumnPage {
  const page = openPage(definition, options);
  return {
    append(values, unreadable) {
      const problem =
        unreadable ??
        accountProblem(page, values[0] ?? null) ??
        rowProblem(page, values) ??
        instantProblem(page, page.rowCount);
      if (problem === undefined) {
        page.rowCount += 1;
      } else {
        page.rejected.push({ reason: problem.reason, property: problem.property, values: [...values] });
      }
    },
    finish: () => finishedPage(page),
  };
}

interface OpenPage {
  readonly columns: ReadonlyMap<string, Column>;
  /** The columns again, in the order of the values. */
  readonly slots: readonly Column[];
  readonly occurredAt: InstantColumn | undefined;
  /** Where an absent SendID is filled in, and with what. */
  readonly jobIdToFill: IntegerColumn | undefined;
  readonly jobId: number;
  readonly eventsBeforeMicros: number;
  readonly rejected: RejectedRecord[];
  capacity: number;
  rowCount: number;
  accountId: number | undefined;
  earliestMicros: number;
  latestMicros: number;
}

function openPage(definition: ObjectDefinition, options: ColumnPageOptions): OpenPage {
  const { accountId, jobId, eventsBeforeMicros = Infinity, capacity = usualPageSize } = options;
  const columns = new Map(
    Object.entries(definition.columns).map(([name, column]) => [name, createColumn(column, capacity)]),
  );
  const jobIds = columnOfKind(columns.get('job_id'), 'integer');
  return {
    columns,
    slots: [...columns.values()],
    occurredAt: columnOfKind(columns.get('occurred_at'), 'instant'),
    // Only an event names its job in SendID; a send is its own job.
    jobIdToFill: jobId !== undefined && jobIds?.property === 'SendID' ? jobIds : undefined,
    jobId: jobId ?? 0,
    eventsBeforeMicros,
    rejected: [],
    capacity,
    rowCount: 0,
    accountId,
    earliestMicros: Infinity,
    latestMicros: -Infinity,
  };
}

function accountProblem(page: OpenPage, text: string | null): Unreadable | undefined {
  if (text === null || isBlank(text)) {
    return undefined;
  }
  const plain = plainInteger(text);
  const named = Number.isNaN(plain) ? Number(anyInteger(text)) : plain;
  page.accountId ??= Number.isNaN(named) ? undefined : named;
  return named === page.accountId
    ? undefined
    : { property: accountProperty, reason: `${accountProperty} is not the business unit that was asked` };
}

/** Writes the next free row, which counts only once nothing is wrong with it. */
function rowProblem(page: OpenPage, values: readonly (string | null)[]): Unreadable | undefined {
  const { slots, rowCount, jobIdToFill } = page;
  if (rowCount === page.capacity) {
    page.capacity *= 2;
    slots.forEach((column) => growColumn(column, page.capacity));
  }
  let slot = 0;
  for (const column of slots) {
    slot += 1;
    const reason = putText(column, rowCount, values[slot] ?? null);
    if (reason !== undefined) {
      return { property: column.property, reason: `${column.property} ${reason}` };
    }
  }
  if (jobIdToFill?.nulls[rowCount] === 1) {
    putWholeNumber(jobIdToFill, rowCount, page.jobId);
  }
  return undefined;
}

/** Checks the row just written, and widens the page's bounds by it. */
function instantProblem(page: OpenPage, row: number): Unreadable | undefined {
  if (page.occurredAt === undefined) {
    return undefined;
  }
  const micros = page.occurredAt.micros[row] ?? NaN;
  if (!(micros >= earliestEventMicros && micros < page.eventsBeforeMicros)) {
    const { property } = page.occurredAt;
    return { property, reason: `${property} is before the year 2000 or in the future` };
  }
  page.earliestMicros = Math.min(page.earliestMicros, micros);
  page.latestMicros = Math.max(page.latestMicros, micros);
  return undefined;
}

function finishedPage(page: OpenPage): PageColumns {
  const { rowCount, columns, rejected, accountId } = page;
  const isDated = page.occurredAt !== undefined && rowCount > 0;
  return {
    rowCount,
    recordCount: rowCount + rejected.length,
    columns,
    rejected,
    earliestMicros: isDated ? page.earliestMicros : undefined,
    latestMicros: isDated ? page.latestMicros : undefined,
    triggeredSendId: lastUuid(columns.get('triggered_send_id'), rowCount),
    accountId,
  };
}

/** The column, where there is one and it is of that kind. */
export function columnOfKind<Kind extends ColumnKind>(
  column: Column | undefined,
  kind: Kind,
): Extract<Column, { kind: Kind }> | undefined {
  return column !== undefined && isOfKind(column, kind) ? column : undefined;
}

function isOfKind<Kind extends ColumnKind>(
  column: Column,
  kind: Kind,
): column is Extract<Column, { kind: Kind }> {
  return column.kind === kind;
}

function lastUuid(column: Column | undefined, rowCount: number): string | undefined {
  const uuids = columnOfKind(column, 'uuid');
  const row = uuids === undefined ? -1 : uuids.nulls.subarray(0, rowCount).lastIndexOf(0);
  return uuids === undefined || row < 0 ? undefined : uuidText(uuids.words, row * 4);
}
