import type { EventBounds } from '../../columns/page-builder.ts';
import { z } from 'zod';
import { ConfigInvalidError } from '../../errors.ts';
import type { EventDefinition } from '../../events/define-event.ts';
import { advanceStaging, beginMerging, type OwnedFile } from '../../store/import/imported-files.ts';
import { createStaging, indexStaging, stageRows } from '../../store/import/staging.ts';
import { keepRejected } from '../../store/load/rejected-records.ts';
import { inTransaction, type Pool } from '../../store/connection/pool.ts';
import { type FileForm, type FilePosition, readChunks } from '../../tracking-extract/csv/csv-reader.ts';
import { hasFraction } from '../../tracking-extract/event-date.ts';
import { type RejectedLine, type TypedChunk, typeChunk } from '../../tracking-extract/event-pages.ts';
import type { SourceFile } from '../../tracking-extract/files/source-file.ts';
import { keepOut, namesForgotten } from '../../columns/people/keep-out.ts';
import { type EventLayout, isDetail } from '../../tracking-extract/extract-layout.ts';
import { lineHider } from '../../tracking-extract/hide-people.ts';
import { lockedForgotten, type Privacy } from '../privacy.ts';
import { rejectedLineText } from './rejected-lines.ts';

export interface FileReading {
  readonly source: SourceFile;
  readonly form: FileForm;
  readonly layout: EventLayout;
  /** With the columns of details where these are kept. */
  readonly definition: EventDefinition;
  readonly hasDetails: boolean;
  readonly timeZone: string | undefined;
  /** The business unit of records that name none. */
  readonly accountId: number | undefined;
  readonly runId: number;
  readonly bounds: EventBounds;
}

export interface StageDeps {
  readonly pool: Pool;
  readonly privacy: Privacy;
  /** Bytes of the file that are read. */
  readonly onBytes: (bytes: number) => void;
  readonly signal: AbortSignal;
}

const positionShape = z.object({ offset: z.number(), line: z.number(), isExact: z.boolean() });

/** Where reading goes on, and what the beginning of the file said of its times. */
type Position = z.infer<typeof positionShape>;

/**
 * Reads a file into its staging table, from where it was read to: each chunk commits with the place it ends at. The
 * next chunk is read while one is written.
 *
 * @throws the signal's reason once the chunk being written is committed.
 */
export async function stageFile(reading: FileReading, file: OwnedFile, deps: StageDeps): Promise<void> {
  const { signal, onBytes, pool, privacy } = deps;
  const { source, form, definition } = reading;
  const known = positionShape.safeParse(file.position);
  const start: FilePosition = known.success ? known.data : form.start;
  if (!known.success) await inTransaction(pool, (tx) => createStaging(tx, definition, file.fileId));
  let isExact = known.success ? known.data.isExact : undefined;
  let writing: Promise<unknown> = Promise.resolve();
  for await (const chunk of readChunks(source.name, form, source.open, start)) {
    isExact ??= chunk.records.some((fields) => hasFraction(fields[reading.layout.dateField] ?? ''));
    const typed = typeChunk(chunk, { ...reading, isExact, pseudonyms: privacy.pseudonyms });
    await writing;
    signal.throwIfAborted();
    writing = writeChunk({ ...typed, position: { ...chunk.next, isExact } }, reading, file, deps);
    // A failure is met at the next wait.
    writing.catch(() => undefined);
    onBytes(chunk.next.offset);
  }
  await writing;
  await inTransaction(pool, async (tx) => {
    await indexStaging(tx, file.fileId);
    await beginMerging(tx, file);
  });
}

async function writeChunk(
  { pages, rejected, position }: TypedChunk & { readonly position: Position },
  reading: FileReading,
  file: OwnedFile,
  { pool, privacy }: StageDeps,
): Promise<void> {
  const { definition, source, form, timeZone, hasDetails, runId } = reading;
  const accountId = reading.accountId ?? pages[0]?.accountId;
  const [unread] = rejected;
  if (unread !== undefined && accountId === undefined) {
    throw new ConfigInvalidError(
      `${source.name}: none of its first lines can be read (line ${unread.line}: ${unread.reason}); where that is as it should be, say with --account which business unit they are kept with`,
    );
  }
  await inTransaction(pool, async (tx) => {
    const people = await lockedForgotten(tx, privacy);
    const kept = pages.map((page) => ({ ...page, columns: keepOut(page.columns, definition, people).page }));
    for (const page of kept) await stageRows(tx, definition, file.fileId, page);
    const lines = { name: source.name, ...form, timeZone, hasDetails };
    const isLeftOut = (column: string) => !hasDetails && isDetail(definition, column);
    const hide = lineHider(form.header, privacy.pseudonyms, isLeftOut);
    const records = rejected
      .filter((line) => !namesForgotten(textsOf(line, form.delimiter), people))
      .map(hide)
      .filter(({ fields }) => !namesForgotten(fields, people))
      .map((line) => rejectedLineText(lines, line));
    const newlyRejected = await keepRejected(tx, {
      ...{ accountId: accountId ?? 0, jobId: null, eventType: definition.name, runId, records },
    });
    const rows = kept.reduce((sum, { columns }) => sum + columns.rowCount, 0);
    await advanceStaging(tx, file, { position, rows, rejected: newlyRejected });
  });
}

/** The fields of a line, also of one that is damaged. */
function textsOf({ text, fields }: RejectedLine, delimiter: string): readonly string[] {
  return text === undefined ? fields : text.split(delimiter).map((part) => part.replaceAll('"', '').trim());
}
