import type { ColumnDefinitions, ObjectDefinition } from '../events/define-event.ts';

/** A table of the schema `tracking` whose rows change: one row per key, and the latest reading wins. */
export interface DimensionDefinition extends ObjectDefinition {
  /** The primary key of the table, after `account_id` where that is not among the columns that are read. */
  readonly key: readonly string[];
  /** Text columns that Marketing Cloud pads with spaces to their full length. */
  readonly trimmed: readonly string[];
  /** Columns in which Marketing Cloud writes 0 for no value. */
  readonly nullInsteadOfZero?: readonly string[];
  /** Columns that each reading sets, besides those that are read, with their values as SQL. */
  readonly setOnUpsert: Readonly<Record<string, string>>;
  /** The column with the JobID under which a record that cannot be read is kept as a stub in `tracking.jobs`. */
  readonly stubKey?: string;
  /** Keeps how these columns moved, one row per key and day on which they did. */
  readonly history?: { readonly table: string; readonly columns: readonly string[] };
  /** The properties that a Retrieve of this object can filter by. */
  readonly filters: DimensionFilters;
  /**
   * Hours that pass between two readings, at least: of all objects, or of those of an open job that has moved. With
   * 0 it is read in each run, and events are planned when it is in.
   */
  readonly everyHours: number;
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
    readonly nullInsteadOfZero?: readonly Extract<keyof Columns, string>[];
    readonly history?: {
      readonly table: string;
      readonly columns: readonly Extract<keyof Columns, string>[];
    };
    readonly stubKey?: Extract<keyof Columns, string>;
  },
): DimensionDefinition & { readonly name: Name; readonly columns: Columns } {
  return definition;
}
