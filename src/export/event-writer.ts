import type { ExportRow } from '../store/export/read-events.ts';

/** Writes rows to one file. */
export interface EventWriter {
  write(rows: readonly ExportRow[]): Promise<void>;
  /** All rows are written: the file gets its name. */
  finish(): Promise<void>;
  /** What was written so far goes. */
  discard(): Promise<void>;
}
