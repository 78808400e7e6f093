import type { OpenBytes } from '../csv/csv-reader.ts';

/** A file of an extract: on the disk, or a member of an archive. */
export interface SourceFile {
  /** For people: its path, and within an archive its name there. */
  readonly name: string;
  readonly fileName: string;
  readonly bytes: number;
  /** Says whether it is the same file as before. */
  readonly fingerprint: () => Promise<string>;
  readonly open: OpenBytes;
}
