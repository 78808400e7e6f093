import type { Column } from '../../../columns/column.ts';
import { textBytes, valueBytes, writeValue } from './values.ts';

// Element types by their numbers in pg_type, which are the same on every server.
const elementTypes = { integer: 20, instant: 1184, text: 25, uuid: 2950, boolean: 16 } as const;

// Dimensions, null flag, element type, length, lower bound: 32 bits each.
const headerBytes = 20;

/** The parameter types that the encoded columns are sent as. */
export const arrayTypes = {
  integer: 'bigint[]',
  instant: 'timestamptz[]',
  text: 'text[]',
  uuid: 'uuid[]',
  boolean: 'boolean[]',
} as const satisfies Record<Column['kind'], string>;

/**
 * A column as one array parameter in Postgres' binary format, for `bigint[]`, `timestamptz[]`, `text[]`,
 * `uuid[]` or `boolean[]` by the column's kind.
 *
 * node-postgres sends a Buffer as it stands, so no value is quoted, escaped or parsed again. Each call
 * makes a Buffer of its own: a query in flight keeps what it was given.
 */
export function binaryArrayOf(column: Column, rowCount: number): Buffer {
  const buffer = Buffer.allocUnsafe(bytesMax(column, rowCount));
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  const isEmpty = rowCount === 0;
  view.setInt32(0, isEmpty ? 0 : 1);
  view.setInt32(4, column.nulls.subarray(0, rowCount).includes(1) ? 1 : 0);
  view.setInt32(8, elementTypes[column.kind]);
  if (isEmpty) return buffer.subarray(0, 12);

  view.setInt32(12, rowCount);
  view.setInt32(16, 1);
  return buffer.subarray(0, writeElements(column, rowCount, buffer, view));
}

/** Writes each row with its length before it, and returns where the last one ends. Texts are kept as Postgres takes them. */
function writeElements(column: Column, rowCount: number, buffer: Buffer, view: DataView): number {
  if (column.kind === 'text') {
    const size = textBytes(column, rowCount);
    column.bytes.copy(buffer, headerBytes, 0, size);
    return headerBytes + size;
  }
  let at = headerBytes;
  for (let row = 0; row < rowCount; row += 1) at = writeValue(column, row, view, at);
  return at;
}

function bytesMax(column: Column, rowCount: number): number {
  const size =
    column.kind === 'text' ? textBytes(column, rowCount) : rowCount * (4 + valueBytes[column.kind]);
  return headerBytes + size;
}
