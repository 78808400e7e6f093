import { fillJobs, type JobOfFile } from '../../store/import/fill-jobs.ts';
import { type OwnedFile, advanceMerging, finishFile } from '../../store/import/imported-files.ts';
import { inTransaction, type Pool } from '../../store/connection/pool.ts';
import { microsFromCentralText, isoFromMicros } from '../../columns/central-time.ts';
import { type FileForm, readChunks } from '../../tracking-extract/csv/csv-reader.ts';
import { createDateRewriter } from '../../tracking-extract/event-date.ts';
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

/**
 * Reads SendJobs: what it says of a job fills what is not known of it. A job that SOAP has read stays as it is. Lines
 * without the number of a job or of a business unit are counted and left out.
 */
export async function importJobs(
  { source, form, timeZone, accountId }: DimensionReading,
  file: OwnedFile,
  { pool, signal, onBytes }: ReadingDeps,
): Promise<void> {
  const known = new Map(form.header.map((name, index) => [normalized(name), index]));
  const rewriteDate = createDateRewriter(timeZone);
  for await (const chunk of readChunks(source.name, form, source.open, form.start)) {
    signal.throwIfAborted();
    const jobs = new Map<string, JobOfFile>();
    for (const fields of chunk.records) {
      const value = (name: string) => textOf(fields[known.get(name) ?? -1]);
      const instant = (name: string) => instantOf(rewriteDate(value(name) ?? ''));
      const account = idOf(value('clientid')) ?? accountId;
      const jobId = idOf(value('sendid') ?? value('jobid'));
      if (account === undefined || jobId === undefined) continue;
      jobs.set(`${account} ${jobId}`, {
        ...{ accountId: account, jobId, emailName: value('emailname'), subject: value('subject') },
        ...{ fromName: value('fromname'), fromAddress: value('fromemail'), status: value('jobstatus') },
        ...{ scheduledAt: instant('schedtime'), sentAt: instant('senttime') },
      });
    }
    await inTransaction(pool, async (tx) => {
      const inserted = await fillJobs(tx, [...jobs.values()]);
      const to = { accountId: 0, second: '', groupHash: '' };
      await advanceMerging(tx, file, { to, records: chunk.records.length, inserted });
    });
    onBytes(chunk.next.offset);
  }
  await inTransaction(pool, (tx) => finishFile(tx, file));
}

export function textOf(field = ''): string | null {
  const text = field.trim();
  return text === '' ? null : text;
}

export function idOf(text: string | null): number | undefined {
  const id = text === null ? NaN : Number(text);
  return Number.isSafeInteger(id) && id > 0 ? id : undefined;
}

function instantOf(text: string): string | null {
  const micros = microsFromCentralText(text);
  return typeof micros === 'number' ? isoFromMicros(micros) : null;
}
