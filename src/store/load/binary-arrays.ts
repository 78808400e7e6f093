import type { Column, TextColumn } from '../../columns/column.ts';

// Element types by their numbers in pg_type, which are the same on every server.
const elementTypes = { integer: 20, instant: 1184, text: 25, uuid: 2950, boolean: 16 } as const;

// Postgres counts microseconds from the year 2000.
const postgresEpochMicros = Date.UTC(2000, 0, 1) * 1000;

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

/** Writes each row with its length before it, and returns where the last one ends. */
function writeElements(column: Column, rowCount: number, buffer: Buffer, view: DataView): number {
  if (column.kind === 'text') {
    const size = textBytes(column, rowCount);
    column.bytes.copy(buffer, headerBytes, 0, size);
    return headerBytes + size;
  }
  const bytes = elementBytes[column.kind];
  let at = headerBytes;
  for (let row = 0; row < rowCount; row += 1) {
    if (column.nulls[row] === 1) {
      view.setInt32(at, -1);
      at += 4;
      continue;
    }
    view.setInt32(at, bytes);
    writeElement(column, row, view, at + 4);
    at += 4 + bytes;
  }
  return at;
}

function writeElement(column: Exclude<Column, TextColumn>, row: number, view: DataView, at: number): void {
  switch (column.kind) {
    case 'integer':
      view.setInt32(at, column.high[row] ?? 0);
      view.setInt32(at + 4, column.low[row] ?? 0);
      return;
    case 'instant': {
      const micros = (column.micros[row] ?? 0) - postgresEpochMicros;
      view.setInt32(at, Math.floor(micros / 0x1_0000_0000));
      view.setInt32(at + 4, micros | 0);
      return;
    }
    case 'uuid':
      for (let word = 0; word < 4; word += 1) view.setInt32(at + word * 4, column.words[row * 4 + word] ?? 0);

      return;
    case 'boolean':
      view.setInt8(at, column.values[row] ?? 0);
      return;
  }
}

function bytesMax(column: Column, rowCount: number): number {
  const size =
    column.kind === 'text' ? textBytes(column, rowCount) : rowCount * (4 + elementBytes[column.kind]);
  return headerBytes + size;
}

/** Texts are kept as Postgres takes them. */
function textBytes({ ends }: TextColumn, rowCount: number): number {
  return ends[rowCount - 1] ?? 0;
}

const elementBytes = { integer: 8, instant: 8, uuid: 16, boolean: 1 } as const;
