import { type Column, freeColumn, wholeNumberAt } from './column.ts';
import { pseudonymizer } from './people/pseudonyms.ts';
import { uuidText } from './values.ts';
import { ResponseMalformedError } from '../errors.ts';
import type { ObjectDefinition } from '../events/define-event.ts';
import {
  columnOfKind,
  countRecord,
  createPageBuilder,
  type ColumnPageOptions,
  type PageBuilder,
  type RejectedRecord,
  type Unreadable,
} from './page-builder.ts';
import { recordProblem, writeRecordBytes } from './write-record.ts';

/** One page, typed: an array per column, in UTC, ready for its table. */
export interface PageColumns {
  readonly rowCount: number;
  /** Rows, rejected records and those that are too old to be kept together. */
  readonly recordCount: number;
  /** By table column, in the definition's order. */
  readonly columns: ReadonlyMap<string, Column>;
  readonly rejected: readonly RejectedRecord[];
  /** Bounds of `occurred_at`; undefined if no row has one. */
  readonly earliestMicros: number | undefined;
  readonly latestMicros: number | undefined;
  /** The job of all rows; undefined where they are of several. */
  readonly jobId: number | undefined;
  /** The last triggered send in the page. */
  readonly triggeredSendId: string | undefined;
  /** The business unit of the records: the expected one, or else the first one named. */
  readonly accountId: number | undefined;
}

export interface ColumnPage {
  /**
   * Adds one record, with its values in the order of the requested properties. The array may be reused.
   * With `unreadable` the record is rejected without being typed.
   */
  append(values: readonly (string | null)[], unreadable?: Unreadable): void;
  /**
   * Adds one record from its bytes: `places` has the start and the end of each value in `bytes`, in the order of
   * the requested properties, and a start of -1 for one that is absent. False where anything about the record is
   * unusual: it is not added, and is to come through `append`.
   */
  appendBytes(bytes: Uint8Array, places: Int32Array): boolean;
  /** Records rejected so far. */
  rejectedCount(): number;
  /** Why the last rejected record could not be typed. */
  lastReason(): string;
  finish(): PageColumns;
}

// A rejected record is held with all its text until its page is stored; a usual one has some 500 characters.
const rejectedCharsMax = 32 * 1024 * 1024;

/**
 * Collects one page into columns; a record that cannot be typed leaves only its entry in `rejected`.
 *
 * A record is written into the next free row, and the row counts only if all of it could be typed, so the next
 * record overwrites a rejected one. Text stays exactly as sent.
 *
 * `append` throws {ResponseMalformedError} where rejected records hold more text than memory should.
 */
export function createColumnPage(definition: ObjectDefinition, options: ColumnPageOptions): ColumnPage {
  const page = createPageBuilder(definition, options);
  const hide = options.pseudonyms && pseudonymizer(definition, options.pseudonyms);
  let rejectedChars = 0;
  return {
    append(sent, unreadable) {
      const values = hide === undefined ? sent : hide(sent);
      const problem = unreadable ?? recordProblem(page, values);
      if (problem === undefined) {
        countRecord(page);
        return;
      }
      for (const value of values) rejectedChars += value?.length ?? 0;
      if (rejectedChars > rejectedCharsMax)
        throw new ResponseMalformedError('Its unreadable records are larger than can be held at once');
      page.rejected.push({ reason: problem.reason, property: problem.property, values: [...values] });
    },
    appendBytes(bytes, places) {
      // Pseudonyms are made from text.
      if (hide !== undefined) return false;
      const isWritten = writeRecordBytes(page, bytes, places);
      if (isWritten) countRecord(page);
      return isWritten;
    },
    rejectedCount: () => page.rejected.length,
    lastReason: () => page.rejected.at(-1)?.reason ?? '',
    finish: () => finishedPage(page),
  };
}

/** Gives the memory of a page back, once nothing reads its columns any more. */
export function freePage({ columns }: PageColumns): void {
  for (const column of columns.values()) freeColumn(column);
}

function finishedPage(page: PageBuilder): PageColumns {
  const { rowCount, columns, rejected, accountId } = page;
  const isDated = page.occurredAt !== undefined && rowCount > 0;
  return {
    rowCount,
    recordCount: rowCount + rejected.length + page.expiredCount,
    columns,
    rejected,
    earliestMicros: isDated ? page.earliestMicros : undefined,
    latestMicros: isDated ? page.latestMicros : undefined,
    jobId: soleInteger(columns.get('job_id'), rowCount),
    triggeredSendId: lastUuid(columns.get('triggered_send_id'), rowCount),
    accountId,
  };
}

/** The value that all rows have. */
function soleInteger(column: Column | undefined, rowCount: number): number | undefined {
  const integers = columnOfKind(column, 'integer');
  if (integers === undefined || rowCount === 0 || integers.nulls[0] === 1) return undefined;

  const { nulls, high, low } = integers;
  for (let row = 1; row < rowCount; row += 1)
    if (nulls[row] === 1 || high[row] !== high[0] || low[row] !== low[0]) return undefined;

  return wholeNumberAt(integers, 0);
}

function lastUuid(column: Column | undefined, rowCount: number): string | undefined {
  const uuids = columnOfKind(column, 'uuid');
  const row = uuids === undefined ? -1 : uuids.nulls.subarray(0, rowCount).lastIndexOf(0);
  return uuids === undefined || row < 0 ? undefined : uuidText(uuids.words, row * 4);
}
