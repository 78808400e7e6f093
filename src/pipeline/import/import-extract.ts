import { closeRun, openRun, type RunOutcome } from '../../store/ledger/runs/run-log.ts';
import { dimensionImports } from './dimension-imports.ts';
import { findFiles } from './find-files.ts';
import { type ImportDeps, type ImportedFile, importFile, type ImportRequest } from './import-file.ts';

export interface ImportSummary {
  readonly runId: number;
  readonly kind: 'import';
  readonly outcome: RunOutcome;
  readonly files: readonly ImportedFile[];
  /** Files that hold something else. */
  readonly ignoredFiles: readonly string[];
  readonly startedAt: Date;
  readonly finishedAt: Date;
}

/**
 * Imports the files of a Tracking Extract, one after the other; what SOAP brought before is recognized. Interrupted or
 * killed anywhere, the same import goes on from its last commit. A file that was imported before is read afresh, which
 * changes nothing where it is the same.
 *
 * @throws {ConfigInvalidError} where the path holds no file of an extract, or one that cannot be read.
 */
export async function importExtract(request: ImportRequest, deps: ImportDeps): Promise<ImportSummary> {
  const { pool, session, progress } = deps;
  const { known, ignored } = await findFiles(request.path, deps.keepsDetails);
  for (const { name, reason } of ignored) deps.onNotice(`${name} is not imported: ${reason}`);
  const eventTypes = [...new Set(known.map(({ eventType }) => eventType))];
  const opened = await openRun(pool, {
    kind: 'import',
    accountIds: [],
    eventTypes,
    processId: session.processId,
  });
  if (opened === undefined) throw new Error('no run was opened');
  const { runId, startedAt } = opened;
  const files: ImportedFile[] = [];
  let outcome: RunOutcome = 'interrupted';
  try {
    progress.begin(known.map(({ source }) => source.bytes));
    for (const file of known) {
      files.push(await importFile(file, request, runId, deps));
      progress.nextFile();
    }
    outcome = files.some(({ rejected }) => rejected > 0) ? 'completed_with_problems' : 'completed';
  } catch (error) {
    if (error !== deps.signal.reason) throw error;
  } finally {
    await closeRun(pool, runId, outcome, countsOf(files));
  }
  const ignoredFiles = ignored.map(({ name }) => name);
  return { runId, kind: 'import', outcome, files, ignoredFiles, startedAt, finishedAt: deps.now() };
}

function countsOf(files: readonly ImportedFile[]) {
  const events: Record<string, { records: number; inserted: number; rejected: number }> = {};
  const dimensions: typeof events = {};
  for (const { eventType, records, inserted, rejected } of files) {
    const sums = ((dimensionImports.has(eventType) ? dimensions : events)[eventType] ??= {
      records: 0,
      inserted: 0,
      rejected: 0,
    });
    sums.records += records;
    sums.inserted += inserted;
    sums.rejected += rejected;
  }
  return { tasks: { done: files.length, parked: 0 }, events, dimensions, requests: 0 };
}
