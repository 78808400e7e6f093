import type { Column } from '../../../src/columns/column.ts';
import { textAt } from '../../../src/columns/text-column.ts';
import { uuidText } from '../../../src/columns/values.ts';

/** The value of one row: a bigint, microseconds, text, a uuid's text or a boolean, by the column's kind. */
export function valueAt(column: Column, row: number): bigint | number | string | boolean | null {
  if (column.nulls[row] === 1) return null;

  switch (column.kind) {
    case 'integer':
      return (BigInt(column.high[row] ?? 0) << 32n) | BigInt((column.low[row] ?? 0) >>> 0);
    case 'instant':
      return column.micros[row] ?? null;
    case 'text':
      return textAt(column, row);
    case 'uuid':
      return uuidText(column.words, row * 4);
    case 'boolean':
      return column.values[row] === 1;
  }
}
