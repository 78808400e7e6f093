import type { Column, TextColumn } from '../../../columns/column.ts';

// Postgres counts microseconds from the year 2000.
const postgresEpochMicros = Date.UTC(2000, 0, 1) * 1000;

/** Bytes of a value that is there, without its length. */
export const valueBytes = { integer: 8, instant: 8, uuid: 16, boolean: 1 } as const;

/** Where the texts of a column end that have `rowCount` rows, each with its length before it. */
export function textBytes({ ends }: TextColumn, rowCount: number): number {
  return ends[rowCount - 1] ?? 0;
}

/**
 * Writes a value in Postgres' binary format with its length before it, 32 bits, as elements of arrays and fields of
 * COPY have it; a null is the length -1. Returns where it ends.
 */
export function writeValue(
  column: Exclude<Column, TextColumn>,
  row: number,
  view: DataView,
  at: number,
): number {
  if (column.nulls[row] === 1) {
    view.setInt32(at, -1);
    return at + 4;
  }
  const bytes = valueBytes[column.kind];
  view.setInt32(at, bytes);
  writeBytes(column, row, view, at + 4);
  return at + 4 + bytes;
}

function writeBytes(column: Exclude<Column, TextColumn>, row: number, view: DataView, at: number): void {
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
