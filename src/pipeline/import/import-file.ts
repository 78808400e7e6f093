import { createHash } from 'node:crypto';
import { ConfigInvalidError } from '../../errors.ts';
import { findEventDefinition } from '../../events/catalog.ts';
import { detailColumns, withDetails } from '../../events/extract-details.ts';
import {
  type FileCounts,
  lockFile,
  type OwnedFile,
  readFileCounts,
  takeFile,
} from '../../store/import/imported-files.ts';
import type { PartitionKeeper } from '../../store/load/partitions.ts';
import { inTransaction, type Pool } from '../../store/connection/pool.ts';
import type { ProcessSession } from '../../store/connection/session.ts';
import { complaint } from '../../tracking-extract/complaint.ts';
import { type FileForm, readForm } from '../../tracking-extract/csv/csv-reader.ts';
import { createDateRewriter } from '../../tracking-extract/event-date.ts';
import { type EventLayout, eventLayout } from '../../tracking-extract/extract-layout.ts';
import { eventBounds, type Retention } from '../event-bounds.ts';
import type { Privacy } from '../privacy.ts';
import { dimensionImports } from './dimension-imports.ts';
import type { KnownFile } from './find-files.ts';
import type { ImportProgress } from './import-progress.ts';
import { mergeFile } from './merge-file.ts';
import { stageFile } from './stage-file.ts';

export interface ImportRequest {
  readonly path: string;
  /** Undefined: Marketing Cloud's own, UTC−06:00. */
  readonly timeZone: string | undefined;
  /** The business unit of files that name none. */
  readonly accountId: number | undefined;
}

export interface ImportDeps {
  readonly retention: Retention;
  /** What only files have is kept in `tracking.extract_details`. */
  readonly keepsDetails: boolean;
  readonly pool: Pool;
  readonly partitions: PartitionKeeper;
  readonly privacy: Privacy;
  readonly session: ProcessSession;
  readonly now: () => Date;
  readonly progress: ImportProgress;
  /** Takes a line for people. */
  readonly onNotice: (line: string) => void;
  /** Stops after the statement that is running; the same import goes on from there. */
  readonly signal: AbortSignal;
}

/** What became of one file. */
export interface ImportedFile {
  readonly name: string;
  /** The event type, or the dimension. */
  readonly eventType: string;
  readonly records: number;
  readonly inserted: number;
  readonly rejected: number;
}

/**
 * Imports one file, from where an earlier attempt stopped.
 *
 * @throws {ConfigInvalidError} where it cannot be read as what its name says, or another process imports it.
 */
export async function importFile(
  { source, eventType }: KnownFile,
  request: ImportRequest,
  runId: number,
  deps: ImportDeps,
): Promise<ImportedFile> {
  const { name } = source;
  const form = await readForm(name, source.open);
  if (form === undefined) return { name, eventType, records: 0, inserted: 0, rejected: 0 };
  const hasDetails = deps.keepsDetails && Object.keys(detailColumns({ name: eventType })).length > 0;
  const fileKey = await keyOf({ source, eventType }, request, hasDetails);
  if (!(await lockFile(deps.session.connection, fileKey)))
    throw new ConfigInvalidError(`${name} is being imported by another process`);
  const file = await inTransaction(deps.pool, (tx) => takeFile(tx, { fileKey, name, eventType, runId }));
  const importDimension = dimensionImports.get(eventType);
  if (importDimension !== undefined) {
    const { pool, signal, progress } = deps;
    await importDimension({ source, form, ...request }, file, { pool, signal, onBytes: progress.onBytes });
  } else {
    await importEvents({ source, eventType, form, file, hasDetails, runId }, request, deps);
  }
  const counts = await readFileCounts(deps.pool, file.fileId);
  return { name, eventType, ...recordCounts(counts) };
}

function recordCounts({ merged, inserted, rejected }: FileCounts) {
  return { records: merged + rejected, inserted, rejected };
}

interface EventFile extends KnownFile {
  readonly form: FileForm;
  readonly file: OwnedFile;
  readonly hasDetails: boolean;
  readonly runId: number;
}

async function importEvents(
  { source, eventType, form, file, hasDetails, runId }: EventFile,
  { timeZone, accountId }: ImportRequest,
  deps: ImportDeps,
): Promise<void> {
  const { pool, partitions, privacy, signal, progress, now } = deps;
  const base = eventType === complaint.name ? complaint : findEventDefinition(eventType);
  const definition = base && hasDetails ? withDetails(base) : base;
  const layout = definition && eventLayout(definition, form.header, createDateRewriter(timeZone));
  if (base === undefined || definition === undefined || layout === undefined) {
    throw new ConfigInvalidError(
      `${source.name} is no ${eventType} file: its first line names no SendID or no EventDate`,
    );
  }
  if (layout.accountField === undefined && accountId === undefined) {
    throw new ConfigInvalidError(
      `${source.name} has no column ClientID: say which business unit it is of with --account`,
    );
  }
  for (const line of columnNotices(layout)) deps.onNotice(`${source.name}: ${line}`);
  if (file.state === 'staging') {
    const bounds = eventBounds(eventType, now(), deps.retention);
    const reading = { source, form, layout, definition, hasDetails, timeZone, accountId, runId, bounds };
    await stageFile(reading, file, { pool, privacy, signal, onBytes: progress.onBytes });
    for (const [column, count] of layout.unreadable)
      deps.onNotice(`${source.name}: ${count} values of ${column} cannot be read and are left out`);
  }
  const merging = { ...file, definition: base, hasUrlId: layout.hasUrlId, hasDetails, runId, accountId };
  await mergeFile(merging, { pool, partitions, signal, onRows: progress.onRows });
}

function columnNotices({ ignored, details }: EventLayout): string[] {
  return [
    ...(ignored.length > 0 ? [`columns not used: ${ignored.join(', ')}`] : []),
    ...(details.length > 0 ? [`columns that are kept with EXTRACT_DETAILS=on: ${details.join(', ')}`] : []),
  ];
}

/** The same content, read with other options, is another import. */
async function keyOf(
  { source, eventType }: KnownFile,
  { timeZone, accountId }: ImportRequest,
  hasDetails: boolean,
): Promise<string> {
  const parts = [eventType, await source.fingerprint(), timeZone ?? '', accountId ?? ''];
  if (hasDetails) parts.push('details');
  return createHash('sha256').update(parts.join('\n')).digest('hex');
}
