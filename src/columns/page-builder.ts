import { createColumn, growColumn, type Column, type InstantColumn, type IntegerColumn } from './column.ts';
import type { Pseudonyms } from './people/pseudonyms.ts';
import { accountProperty, type ColumnKind, type ObjectDefinition } from '../events/define-event.ts';

/** A record that cannot be typed, with its values in the order of the requested properties. */
export interface RejectedRecord {
  readonly reason: string;
  readonly property: string | undefined;
  readonly values: readonly (string | null)[];
}

/** The instants between which events are loaded. */
export interface EventBounds {
  /** Older events are not kept: they are counted, and left out. */
  readonly eventsFromMicros: number;
  /** Events from this instant on are rejected. */
  readonly eventsBeforeMicros: number;
}

export interface ColumnPageOptions extends Partial<EventBounds> {
  /** The business unit that is read; undefined while it is not known. */
  readonly accountId: number | undefined;
  /** The requested job; fills an absent SendID. */
  readonly jobId: number | undefined;
  readonly capacity?: number;
  /** Stand for the people of the records, also of those that are rejected. */
  readonly pseudonyms?: Pseudonyms | undefined;
}

/** Why a record cannot be typed; without a property if the whole record is damaged. */
export interface Unreadable {
  readonly property?: string | undefined;
  readonly reason: string;
}

// Rows to make room for. Most pages of a sync have few rows or none, so a page starts with no room, then a small
// one. Retrieve returns at most 2500 records; a larger page makes the columns grow.
const smallPageSize = 64;
const usualPageSize = 2500;
/** Why a record of another business unit is rejected. */
export const foreignAccountReason = `${accountProperty} is not the requested business unit`;

/** A page while it is being filled. */
export interface PageBuilder {
  readonly columns: ReadonlyMap<string, Column>;
  /** The same columns, in the order of a record's values. */
  readonly inOrder: readonly Column[];
  readonly occurredAt: InstantColumn | undefined;
  /** The column of SendID, which the requested job fills if it is absent. */
  readonly jobIds: IntegerColumn | undefined;
  readonly jobId: number | undefined;
  readonly isOfOneAccount: boolean;
  readonly eventsFromMicros: number;
  readonly eventsBeforeMicros: number;
  readonly rejected: RejectedRecord[];
  capacity: number;
  rowCount: number;
  /** Records that are older than what is kept. */
  expiredCount: number;
  accountId: number | undefined;
  earliestMicros: number;
  latestMicros: number;
}

export function createPageBuilder(definition: ObjectDefinition, options: ColumnPageOptions): PageBuilder {
  const { accountId, jobId, eventsFromMicros = -Infinity, eventsBeforeMicros = Infinity } = options;
  const { capacity = 0 } = options;
  const columns = new Map(
    Object.entries(definition.columns).map(([name, column]) => [name, createColumn(column, capacity)]),
  );
  const jobIds = columnOfKind(columns.get('job_id'), 'integer');
  return {
    columns,
    inOrder: [...columns.values()],
    occurredAt: columnOfKind(columns.get('occurred_at'), 'instant'),
    // Only an event names its job in SendID; a send is its own job.
    jobIds: jobIds?.property === 'SendID' ? jobIds : undefined,
    jobId,
    isOfOneAccount: definition.includesAccountsBelow !== true,
    eventsFromMicros,
    eventsBeforeMicros,
    rejected: [],
    capacity,
    rowCount: 0,
    expiredCount: 0,
    accountId,
    earliestMicros: Infinity,
    latestMicros: -Infinity,
  };
}

/** Counts the record that was just written: as a row, or as one that is older than what is kept. */
export function countRecord(page: PageBuilder): void {
  const micros = page.occurredAt?.micros[page.rowCount] ?? Infinity;
  if (micros < page.eventsFromMicros) page.expiredCount += 1;
  else page.rowCount += 1;
}

/** Makes room for the next row. */
export function makeRoom(page: PageBuilder): void {
  if (page.rowCount < page.capacity) return;

  page.capacity = nextCapacity(page.capacity);
  page.inOrder.forEach((column) => growColumn(column, page.capacity));
}

function nextCapacity(capacity: number): number {
  if (capacity < smallPageSize) return smallPageSize;
  return capacity < usualPageSize ? usualPageSize : capacity * 2;
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
