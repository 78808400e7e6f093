import { toCentralText } from '../../central-text.ts';
import type { Cell } from '../filters.ts';
import { escapeText } from '../../records.ts';

export type Value = string | number | boolean | Date | null | undefined;
/** One record that is no event, its values computed on request: counting a job's events is not free. */
export type Row = (property: string) => Value;

/** A value as filters compare it. */
export function toCell(value: Value): Cell {
  if (value instanceof Date) return value.getTime();
  return typeof value === 'boolean' ? String(value) : (value ?? null);
}

/** A value as the wire carries it. */
export function toText(value: Value): string | null {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return toCentralText(value.getTime());
  return typeof value === 'string' ? escapeText(value) : String(value);
}
