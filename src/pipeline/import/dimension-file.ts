import { advanceMerging, finishFile, type OwnedFile } from '../../store/import/imported-files.ts';
import { inTransaction, type Pool, type Queryable } from '../../store/connection/pool.ts';
import { type FileForm, readChunks } from '../../tracking-extract/csv/csv-reader.ts';
import { normalized } from '../../tracking-extract/extract-layout.ts';
import type { SourceFile } from '../../tracking-extract/files/source-file.ts';

/** A file of a dimension. */
export interface DimensionReading {
  readonly source: SourceFile;
  readonly form: FileForm;
  readonly timeZone: string | undefined;
  readonly accountId: number | undefined;
}

export interface ReadingDeps {
  readonly pool: Pool;
  readonly signal: AbortSignal;
  /** Bytes of the file that are read. */
  readonly onBytes: (bytes: number) => void;
}

/** The text of a record in the column of that name; null where it is empty or there is no such column. */
export type ReadField = (name: string) => string | null;

/** Reads the file of one dimension from its beginning; its rows commit chunk by chunk. */
export type ImportDimension = (
  reading: DimensionReading,
  file: OwnedFile,
  deps: ReadingDeps,
) => Promise<void>;

/** Reads a file in chunks, each in a transaction of its own. `write` returns the number of rows that are new. */
export async function readDimensionFile(
  { source, form }: DimensionReading,
  file: OwnedFile,
  { pool, signal, onBytes }: ReadingDeps,
  write: (tx: Queryable, records: readonly ReadField[]) => Promise<number>,
): Promise<void> {
  const columns = new Map(form.header.map((name, index) => [normalized(name), index]));
  const readerOf =
    (fields: readonly string[]): ReadField =>
    (name) =>
      textOf(fields[columns.get(name) ?? -1]);
  for await (const chunk of readChunks(source.name, form, source.open, form.start)) {
    signal.throwIfAborted();
    await inTransaction(pool, async (tx) => {
      const inserted = await write(tx, chunk.records.map(readerOf));
      const to = { accountId: 0, second: '', groupHash: '' };
      await advanceMerging(tx, file, { to, records: chunk.records.length, inserted });
    });
    onBytes(chunk.next.offset);
  }
  await inTransaction(pool, (tx) => finishFile(tx, file));
}

function textOf(field = ''): string | null {
  const text = field.trim();
  return text === '' ? null : text;
}

/** A positive whole number; undefined for any other text. */
export function idOf(text: string | null): number | undefined {
  const id = text === null ? NaN : Number(text);
  return Number.isSafeInteger(id) && id > 0 ? id : undefined;
}
