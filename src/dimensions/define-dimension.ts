import type { ColumnDefinitions, ObjectDefinition } from '../events/define-event.ts';

/** A table of the schema `tracking` whose rows change: one row per key, and the latest reading wins. */
export interface DimensionDefinition extends ObjectDefinition {
  /** The primary key of the table after `account_id`. */
  readonly key: readonly string[];
  /** Text columns that Marketing Cloud pads with spaces to their full length. */
  readonly trimmed: readonly string[];
  /** Columns that each reading sets, besides those that are read, with their values as SQL. */
  readonly setOnUpsert: Readonly<Record<string, string>>;
  /** The column with the JobID under which a record that cannot be read is kept as a stub in `tracking.jobs`. */
  readonly stubKey?: string;
  /** The properties that a Retrieve of this object can filter by. */
  readonly filters: DimensionFilters;
}

export interface DimensionFilters {
  /** A date: objects are read by a window of it. */
  readonly window?: string;
  /** The JobID: objects are read for a list of jobs. */
  readonly jobIds?: string;
}

/** Defines one dimension; a misspelt key or trimmed column does not compile. */
export function defineDimension<const Name extends string, const Columns extends ColumnDefinitions>(
  definition: DimensionDefinition & {
    readonly name: Name;
    readonly columns: Columns;
    readonly key: readonly Extract<keyof Columns, string>[];
    readonly trimmed: readonly Extract<keyof Columns, string>[];
    readonly stubKey?: Extract<keyof Columns, string>;
  },
): DimensionDefinition & { readonly name: Name; readonly columns: Columns } {
  return definition;
}
