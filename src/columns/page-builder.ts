import {
  createColumn,
  growColumn,
  putText,
  putWholeNumber,
  type Column,
  type InstantColumn,
  type IntegerColumn,
} from './column.ts';
import { anyInteger, isBlank, plainInteger } from './values.ts';
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
// Marketing Cloud started in December 2000, so an event before that year has a broken date.
const earliestEventMicros = Date.UTC(2000, 0, 1) * 1000;

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

/** Writes the record into the next free row; the row counts only if this returns no problem. */
export function recordProblem(page: PageBuilder, values: readonly (string | null)[]): Unreadable | undefined {
  return (
    accountProblem(page, values[0] ?? null) ??
    rowProblem(page, values) ??
    jobProblem(page) ??
    instantProblem(page)
  );
}

function accountProblem(page: PageBuilder, text: string | null): Unreadable | undefined {
  if (text === null || isBlank(text) || !page.isOfOneAccount) return undefined;

  const plain = plainInteger(text);
  const named = Number.isNaN(plain) ? Number(anyInteger(text)) : plain;
  page.accountId ??= Number.isNaN(named) ? undefined : named;
  return named === page.accountId ? undefined : { property: accountProperty, reason: foreignAccountReason };
}

function rowProblem(page: PageBuilder, values: readonly (string | null)[]): Unreadable | undefined {
  const { inOrder, rowCount } = page;
  if (rowCount === page.capacity) {
    page.capacity = nextCapacity(page.capacity);
    inOrder.forEach((column) => growColumn(column, page.capacity));
  }
  let position = 0;
  for (const column of inOrder) {
    position += 1;
    const reason = putText(column, rowCount, values[position] ?? null);
    if (reason !== undefined) return { property: column.property, reason: `${column.property} ${reason}` };
  }
  return undefined;
}

function nextCapacity(capacity: number): number {
  if (capacity < smallPageSize) return smallPageSize;
  return capacity < usualPageSize ? usualPageSize : capacity * 2;
}

function jobProblem({ jobIds, jobId, rowCount }: PageBuilder): Unreadable | undefined {
  if (jobIds?.nulls[rowCount] !== 1) return undefined;

  if (jobId === undefined)
    return { property: jobIds.property, reason: `${jobIds.property} is missing and no job was requested` };

  putWholeNumber(jobIds, rowCount, jobId);
  return undefined;
}

/** Checks the instant of the row just written, and extends the page's bounds to it. */
function instantProblem(page: PageBuilder): Unreadable | undefined {
  if (page.occurredAt === undefined) return undefined;

  const micros = page.occurredAt.micros[page.rowCount] ?? NaN;
  if (!(micros >= earliestEventMicros && micros < page.eventsBeforeMicros)) {
    const { property } = page.occurredAt;
    return { property, reason: `${property} is before the year 2000 or in the future` };
  }
  if (micros < page.eventsFromMicros) return undefined;
  page.earliestMicros = Math.min(page.earliestMicros, micros);
  page.latestMicros = Math.max(page.latestMicros, micros);
  return undefined;
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
