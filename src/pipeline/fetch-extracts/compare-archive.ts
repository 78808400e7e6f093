import { createHash } from 'node:crypto';
import { findEventDefinition } from '../../events/catalog.ts';
import { inTransaction, type Pool } from '../../store/connection/pool.ts';
import { compareStaged, readCompleteTo } from '../../store/import/compare-staged.ts';
import type { ExtractEntry, ExtractFinding } from '../../store/import/extract-requests.ts';
import { finishFile, takeFile } from '../../store/import/imported-files.ts';
import { dropStaging } from '../../store/import/staging.ts';
import { readForm } from '../../tracking-extract/csv/csv-reader.ts';
import { createDateRewriter } from '../../tracking-extract/event-date.ts';
import { eventLayout } from '../../tracking-extract/extract-layout.ts';
import { typeOfFile } from '../../tracking-extract/file-types.ts';
import type { SourceFile } from '../../tracking-extract/files/source-file.ts';
import { listFiles } from '../../tracking-extract/files/source-files.ts';
import { stageFile } from '../import/stage-file.ts';
import type { Privacy } from '../privacy.ts';

export interface CompareDeps {
  readonly pool: Pool;
  readonly privacy: Privacy;
  readonly signal: AbortSignal;
}

/**
 * Compares the files of an extract with the events that SOAP loaded of the same span, job by job. Changes no event: the
 * rows of a file are staged, compared and dropped. Events after the instant up to which SOAP is complete are left out.
 *
 * @throws the signal's reason; the next call goes on where staging stopped.
 */
export async function compareArchive(
  archive: string,
  entry: ExtractEntry,
  deps: CompareDeps,
): Promise<ExtractFinding[]> {
  const findings: ExtractFinding[] = [];
  for (const source of await listFiles(archive)) {
    const eventType = typeOfFile(source.fileName) ?? '';
    if (entry.eventTypes.includes(eventType))
      findings.push(...(await compareFile(source, eventType, entry, deps)));
  }
  return findings;
}

async function compareFile(
  source: SourceFile,
  eventType: string,
  entry: ExtractEntry,
  { pool, privacy, signal }: CompareDeps,
): Promise<ExtractFinding[]> {
  const { accountId, requestId, jobIds, from } = entry;
  const definition = findEventDefinition(eventType);
  const form = await readForm(source.name, source.open);
  const layout = definition && form && eventLayout(definition, form.header, createDateRewriter(undefined));
  const completeTo = await readCompleteTo(pool, accountId, [eventType]);
  if (definition === undefined || form === undefined || layout === undefined || completeTo === undefined)
    return [];
  const parts = ['comparison', requestId, eventType, await source.fingerprint()];
  const fileKey = createHash('sha256').update(parts.join('\n')).digest('hex');
  const taken = { fileKey, name: source.name, eventType, runId: 0 };
  const file = await inTransaction(pool, (tx) => takeFile(tx, taken));
  if (file.state === 'staging') {
    const bounds = { eventsFromMicros: -Infinity, eventsBeforeMicros: entry.to.getTime() * 1000 };
    const options = { timeZone: undefined, accountId, runId: 0, bounds, hasDetails: false };
    await stageFile({ source, form, layout, definition, ...options }, file, {
      pool,
      privacy,
      signal,
      onBytes: () => undefined,
    });
  }
  const to = new Date(Math.min(entry.to.getTime(), completeTo.getTime()));
  const { fileId } = file;
  return await inTransaction(pool, async (tx) => {
    const span = { fileId, accountId, jobIds, hasUrlId: layout.hasUrlId, from, to };
    const rows = await compareStaged(tx, definition, span);
    await finishFile(tx, file);
    await dropStaging(tx, fileId);
    return rows.map((row) => ({ eventType, ...row }));
  });
}
