import type { ObjectDefinition } from '../../events/define-event.ts';
import { type Column, selectRows } from '../column.ts';
import type { PageColumns } from '../page.ts';
import { columnOfKind } from '../page-builder.ts';
import { textAt } from '../text-column.ts';
import type { ForgottenPeople } from './forgotten-people.ts';

/** A page without the people who were forgotten. */
export interface KeptPage {
  readonly page: PageColumns;
  /** Rows that were left out. */
  readonly keptOut: number;
}

/**
 * Leaves out the rows of people who were forgotten, also where they are the friend of another. Their records stay counted
 * in `recordCount`, as those that are older than what is kept.
 */
export function keepOut(
  page: PageColumns,
  { columns: definitions }: ObjectDefinition,
  people: ForgottenPeople,
): KeptPage {
  if (people.isEmpty || page.rowCount === 0) return { page, keptOut: 0 };
  const keys = Object.entries(definitions)
    .filter(([, { person }]) => person === 'key')
    .map(([name]) => columnOfKind(page.columns.get(name), 'text'));
  const isForgotten = (row: number) =>
    keys.some((column) => column?.nulls[row] === 0 && people.has(textAt(column, row)));
  const kept: number[] = [];
  for (let row = 0; row < page.rowCount; row += 1) if (!isForgotten(row)) kept.push(row);
  const keptOut = page.rowCount - kept.length;
  if (keptOut === 0) return { page, keptOut };
  const columns = new Map<string, Column>();
  for (const [name, column] of page.columns) columns.set(name, selectRows(column, kept));
  return { page: { ...page, columns, rowCount: kept.length }, keptOut };
}

/** Whether a value of a record that could not be read is the key of a person who was forgotten. */
export function namesForgotten(values: readonly (string | null)[], people: ForgottenPeople): boolean {
  return !people.isEmpty && values.some((value) => value !== null && value !== '' && people.has(value));
}
