import type { Unreadable } from '../../columns/page-builder.ts';

/** Takes the records of a response, each when it ends. */
export interface RecordSink {
  /** The values of one record, in the order of the requested properties; the array is reused, so copy. */
  append(values: readonly (string | null)[], unreadable?: Unreadable): void;
  /**
   * One record by its bytes: start and end of each value, a start of -1 for an absent one. False where a value is
   * unusual: then nothing was taken, and the record comes through `append`. Both are reused.
   */
  appendBytes?(bytes: Uint8Array, places: Int32Array): boolean;
}
