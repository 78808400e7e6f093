import { isTypedArray } from 'node:util/types';
import { createTexts, growTexts, putNullText, putTextOf, selectTexts, type Texts } from './text-column.ts';
import { microsFromCentralText } from './central-time.ts';
import { anyInteger, booleanOf, isBlank, isStorableText, plainInteger, putUuidWords } from './values.ts';
import type { ColumnDefinition } from '../events/define-event.ts';
import { freeBytes } from '../free-bytes.ts';

interface Dense {
  readonly property: string;
  readonly isOptional: boolean;
  /** 1 where the row has no value. */
  nulls: Uint8Array;
}

/** Each bigint as its two halves, so that no value needs a BigInt and none loses a digit. */
export interface IntegerColumn extends Dense {
  readonly kind: 'integer';
  high: Int32Array;
  low: Int32Array;
}

/** Microseconds since 1970 UTC. */
export interface InstantColumn extends Dense {
  readonly kind: 'instant';
  micros: Float64Array;
}

export interface TextColumn extends Dense, Texts {
  readonly kind: 'text';
}

/** Four 32-bit words per row. */
export interface UuidColumn extends Dense {
  readonly kind: 'uuid';
  words: Int32Array;
}

export interface BooleanColumn extends Dense {
  readonly kind: 'boolean';
  values: Uint8Array;
}

/** One column of a page, dense; rows beyond the page's row count have no meaning. */
export type Column = IntegerColumn | InstantColumn | TextColumn | UuidColumn | BooleanColumn;

/** Creates an empty column with room for `capacity` rows. Those without room share their arrays, which are never written. */
export function createColumn(definition: ColumnDefinition, capacity: number): Column {
  const { property, kind } = definition;
  const dense: Dense = {
    property,
    isOptional: definition.optional === true,
    nulls: bytesOf(capacity),
  };
  switch (kind) {
    case 'integer':
      return { ...dense, kind, high: wordsOf(capacity), low: wordsOf(capacity) };
    case 'instant':
      return { ...dense, kind, micros: capacity === 0 ? noMicros : new Float64Array(capacity) };
    case 'text':
      return { ...dense, kind, ...createTexts(capacity) };
    case 'uuid':
      return { ...dense, kind, words: wordsOf(capacity * 4) };
    case 'boolean':
      return { ...dense, kind, values: bytesOf(capacity) };
  }
}

// Most pages of a night have no row.
const noBytes = new Uint8Array(0);
const noWords = new Int32Array(0);
const noMicros = new Float64Array(0);

function bytesOf(count: number): Uint8Array {
  return count === 0 ? noBytes : new Uint8Array(count);
}

function wordsOf(count: number): Int32Array {
  return count === 0 ? noWords : new Int32Array(count);
}

/** Makes room for `capacity` rows and keeps the values. */
export function growColumn(column: Column, capacity: number): void {
  column.nulls = grown(column.nulls, new Uint8Array(capacity));
  switch (column.kind) {
    case 'integer':
      column.high = grown(column.high, new Int32Array(capacity));
      column.low = grown(column.low, new Int32Array(capacity));
      return;
    case 'instant':
      column.micros = grown(column.micros, new Float64Array(capacity));
      return;
    case 'uuid':
      column.words = grown(column.words, new Int32Array(capacity * 4));
      return;
    case 'boolean':
      column.values = grown(column.values, new Uint8Array(capacity));
      return;
    case 'text':
      growTexts(column, capacity);
      return;
  }
}

/** A column of some of the rows, in their order. */
export function selectRows(column: Column, rows: readonly number[]): Column {
  const nulls = Uint8Array.from(rows, (row) => column.nulls[row] ?? 0);
  switch (column.kind) {
    case 'integer':
      return {
        ...{ ...column, nulls },
        high: Int32Array.from(rows, (row) => column.high[row] ?? 0),
        low: Int32Array.from(rows, (row) => column.low[row] ?? 0),
      };
    case 'instant':
      return { ...column, nulls, micros: Float64Array.from(rows, (row) => column.micros[row] ?? 0) };
    case 'text':
      return { ...column, nulls, ...selectTexts(column, rows) };
    case 'uuid': {
      const words = new Int32Array(rows.length * 4);
      rows.forEach((row, index) => {
        words.set(column.words.subarray(row * 4, row * 4 + 4), index * 4);
      });
      return { ...column, nulls, words };
    }
    case 'boolean':
      return { ...column, nulls, values: Uint8Array.from(rows, (row) => column.values[row] ?? 0) };
  }
}

/** Gives its memory back, once nothing reads it any more. */
export function freeColumn(column: Column): void {
  for (const values of Object.values(column)) if (isTypedArray(values)) freeBytes(values);
}

/** Writes one value into its row; returns the reason if it cannot, to be read after the property's name. */
export function putText(column: Column, row: number, text: string | null): string | undefined {
  if (text === null || (column.kind !== 'text' && isBlank(text))) return putNull(column, row);

  column.nulls[row] = 0;
  switch (column.kind) {
    case 'integer':
      return putInteger(column, row, text);
    case 'instant':
      return putInstant(column, row, text);
    case 'text':
      putTextOf(column, row, text);
      return isStorableText(text) ? undefined : 'holds a character that Postgres cannot store';
    case 'uuid':
      return putUuidWords(text, column.words, row * 4) || putUuidWords(text.trim(), column.words, row * 4)
        ? undefined
        : 'is not a uuid';
    case 'boolean':
      return putBoolean(column, row, text);
  }
}

/** Writes that the row has no value; returns the reason if it must have one. */
export function putNull(column: Column, row: number): string | undefined {
  column.nulls[row] = 1;
  if (column.kind === 'text') putNullText(column, row);
  return column.isOptional ? undefined : 'is missing';
}

function putInteger(column: IntegerColumn, row: number, text: string): string | undefined {
  const plain = plainInteger(text);
  if (!Number.isNaN(plain)) {
    putWholeNumber(column, row, plain);
    return undefined;
  }
  const value = anyInteger(text);
  if (value === undefined) return 'is not an integer of 64 bits';

  column.high[row] = Number(BigInt.asIntN(32, value >> 32n));
  column.low[row] = Number(BigInt.asIntN(32, value));
  return undefined;
}

/** For whole numbers that a JavaScript number holds exactly. */
export function putWholeNumber(column: IntegerColumn, row: number, value: number): void {
  column.nulls[row] = 0;
  column.high[row] = Math.floor(value / 0x1_0000_0000);
  column.low[row] = value | 0;
}

/** The value of a row that has one, as a JavaScript number: right up to 2^53. */
export function wholeNumberAt({ high, low }: IntegerColumn, row: number): number {
  return (high[row] ?? 0) * 0x1_0000_0000 + ((low[row] ?? 0) >>> 0);
}

function putInstant(column: InstantColumn, row: number, text: string): string | undefined {
  const micros = microsFromCentralText(text) ?? microsFromCentralText(text.trim());
  if (typeof micros === 'number') {
    column.micros[row] = micros;
    return undefined;
  }
  if (micros === 'sentinel') return column.isOptional ? putNull(column, row) : 'is a placeholder for no date';

  return 'is not a date';
}

function putBoolean(column: BooleanColumn, row: number, text: string): string | undefined {
  const value = booleanOf(text);
  column.values[row] = value === true ? 1 : 0;
  return value === undefined ? 'is not true or false' : undefined;
}

function grown<Values extends { set(from: Values): void }>(from: Values, to: Values): Values {
  to.set(from);
  return to;
}
