import { columnOfKind } from '../../../columns/page-builder.ts';
import type { Column, TextColumn } from '../../../columns/column.ts';
import type { PageColumns } from '../../../columns/page.ts';
import { textBytes, valueBytes, writeValue } from './values.ts';

// The signature, flags and the length of no extension.
const header = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');

const fieldCountBytes = 2;
const lengthBytes = 4;
const accountBytes = fieldCountBytes + lengthBytes + valueBytes.integer;

// Below this a loop is faster than a call of the runtime.
const loopedBytesMax = 64;

/**
 * The rows of a page as `copy … from stdin (format binary)` reads them: the account, then the columns in the order of
 * the definition.
 *
 * They are in the order of time, as the index of a job is: neighbors come one after the other.
 */
export function binaryRowsOf(accountId: number, page: PageColumns): Buffer {
  const columns = [...page.columns.values()];
  const buffer = Buffer.allocUnsafe(bytesMax(columns, page.rowCount));
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  const [accountHigh, accountLow] = [Math.floor(accountId / 0x1_0000_0000), accountId | 0];
  let at = header.copy(buffer);
  for (const row of rowsByTime(page)) {
    view.setInt16(at, columns.length + 1);
    view.setInt32(at + 2, valueBytes.integer);
    view.setInt32(at + 6, accountHigh);
    view.setInt32(at + 10, accountLow);
    at += accountBytes;
    for (const column of columns)
      at = column.kind === 'text' ? copyText(column, row, buffer, at) : writeValue(column, row, view, at);
  }
  view.setInt16(at, -1);
  return buffer.subarray(0, at + fieldCountBytes);
}

/** The numbers of the rows, sorted natively: each key is the row's millisecond with its number after it. */
function rowsByTime({ columns, rowCount, earliestMicros = 0 }: PageColumns): Uint32Array {
  const micros = columnOfKind(columns.get('occurred_at'), 'instant')?.micros;
  const keys = new Float64Array(rowCount);
  for (let row = 0; row < rowCount; row += 1)
    keys[row] = Math.floor(((micros?.[row] ?? 0) - earliestMicros) / 1000) * rowCount + row;
  keys.sort();
  const rows = new Uint32Array(rowCount);
  for (let place = 0; place < rowCount; place += 1) rows[place] = (keys[place] ?? 0) % rowCount;
  return rows;
}

/** Texts are kept as Postgres takes them. */
function copyText({ bytes, ends }: TextColumn, row: number, buffer: Buffer, at: number): number {
  const start = row === 0 ? 0 : (ends[row - 1] ?? 0);
  const size = (ends[row] ?? 0) - start;
  if (size > loopedBytesMax) bytes.copy(buffer, at, start, start + size);
  else for (let offset = 0; offset < size; offset += 1) buffer[at + offset] = bytes[start + offset] ?? 0;
  return at + size;
}

function bytesMax(columns: readonly Column[], rowCount: number): number {
  let bytes = header.length + rowCount * accountBytes + fieldCountBytes;
  for (const column of columns) {
    bytes +=
      column.kind === 'text'
        ? textBytes(column, rowCount)
        : rowCount * (lengthBytes + valueBytes[column.kind]);
  }
  return bytes;
}
