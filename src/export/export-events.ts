import path from 'node:path';
import { lockAccount } from '../bi/account-lock.ts';
import { accountsWithEvents, refreshRollups } from '../bi/refresh.ts';
import { ConfigInvalidError } from '../errors.ts';
import type { EventDefinition } from '../events/define-event.ts';
import {
  type ChangedDay,
  readChangedDays,
  readExportMark,
  writeExportMark,
} from '../store/export/export-marks.ts';
import { type EventSelection, exportColumns, readEvents, storedMonths } from '../store/export/read-events.ts';
import { inTransaction, type Pool } from '../store/connection/pool.ts';
import { createCsvFile } from './csv-writer.ts';
import type { EventWriter } from './event-writer.ts';
import { createParquetFile } from './parquet-writer.ts';

export interface ExportRequest {
  readonly definitions: readonly EventDefinition[];
  readonly accountIds: readonly number[] | undefined;
  readonly from: Date;
  readonly to: Date;
  readonly format: 'csv' | 'parquet';
  /** The folder of the files; it is there. */
  readonly folder: string;
  /** Only what changed since the export of this name. */
  readonly sinceLast: string | undefined;
}

export interface ExportDeps {
  readonly pool: Pool;
  /** Name and version of this program. */
  readonly createdBy: string;
  readonly signal: AbortSignal;
  readonly onFile: (file: ExportedFile) => void;
}

export interface ExportedFile {
  readonly name: string;
  readonly rows: number;
}

/**
 * Writes events to files, one for each event type and month (UTC) that has some, in constant memory. A file has another
 * name until it is whole.
 *
 * With `sinceLast`, the files hold whole days of jobs, those that changed since the export of that name, and carry its
 * number; a day that is there replaces what was exported of it before. The name moves on once all files are whole, so
 * that an export that is interrupted is made again.
 */
export async function exportEvents(request: ExportRequest, deps: ExportDeps): Promise<ExportedFile[]> {
  if (request.sinceLast === undefined) return await writeFiles(request, deps, undefined, '');
  return await exportChanges(request, request.sinceLast, deps);
}

async function exportChanges(
  request: ExportRequest,
  name: string,
  deps: ExportDeps,
): Promise<ExportedFile[]> {
  const { pool, signal } = deps;
  const last = await readExportMark(pool, name);
  await refreshRollups(pool, { waits: true, signal });
  const eventTypes = request.definitions.map((definition) => definition.name);
  const accounts = request.accountIds ?? (await accountsWithEvents(pool));
  const changed: ChangedDay[] = [];
  const marks: Record<string, string> = { ...last.marks };
  for (const accountId of accounts) {
    const { days, mark } = await inTransaction(pool, async (tx) => {
      await lockAccount(tx, accountId, true);
      return await readChangedDays(tx, accountId, eventTypes, last.marks[accountId]);
    });
    changed.push(...days);
    marks[accountId] = mark;
  }
  const number = last.number + 1;
  const files = await writeFiles(request, deps, changed, `-${name}-${String(number).padStart(4, '0')}`);
  if (!(await writeExportMark(pool, name, { number, marks })))
    throw new ConfigInvalidError(`another export named ${name} ended meanwhile: run this one again`);
  return files;
}

async function writeFiles(
  request: ExportRequest,
  deps: ExportDeps,
  changed: readonly ChangedDay[] | undefined,
  suffix: string,
): Promise<ExportedFile[]> {
  const files: ExportedFile[] = [];
  for (const definition of request.definitions) {
    const days = changed?.filter(({ eventType }) => eventType === definition.name);
    const stored = await storedMonths(deps.pool, definition);
    for (const month of monthsOf(request, stored, days)) {
      deps.signal.throwIfAborted();
      const file = await writeMonth({ ...request, ...month, definition, days, suffix }, deps);
      if (file === undefined) continue;
      files.push(file);
      deps.onFile(file);
    }
  }
  return files;
}

interface MonthFile extends Omit<ExportRequest, 'definitions'> {
  readonly definition: EventDefinition;
  /** The days that the file is limited to. */
  readonly days: readonly ChangedDay[] | undefined;
  /** Of its name. */
  readonly suffix: string;
}

async function writeMonth(
  { definition, folder, format, accountIds, from, to, days, suffix }: MonthFile,
  { pool, createdBy, signal }: ExportDeps,
): Promise<ExportedFile | undefined> {
  const name = `${definition.name}-${from.toISOString().slice(0, 7)}${suffix}.${format}`;
  const file = path.join(folder, name);
  const columns = exportColumns(definition);
  const writer: EventWriter =
    format === 'csv' ? createCsvFile(file, columns) : createParquetFile(file, columns, createdBy);
  const within = days?.filter((day) => isWithin(day, { from, to }));
  const selection: EventSelection = {
    accountIds,
    from,
    to,
    ...(within === undefined ? {} : { days: within }),
  };
  try {
    const rows = await readEvents(pool, definition, selection, async (read) => {
      signal.throwIfAborted();
      await writer.write(read);
    });
    await writer.finish();
    return rows === 0 ? undefined : { name, rows };
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

interface Span {
  readonly from: Date;
  readonly to: Date;
}

/** The months that are stored, cut to the span; with days, those that have one of them. */
function monthsOf(span: Span, stored: readonly Date[], days: readonly ChangedDay[] | undefined): Span[] {
  return stored
    .map((month) => ({
      from: new Date(Math.max(month.getTime(), span.from.getTime())),
      to: new Date(Math.min(nextMonth(month), span.to.getTime())),
    }))
    .filter((month) => month.from < month.to && (days?.some((day) => isWithin(day, month)) ?? true));
}

function isWithin(day: ChangedDay, { from, to }: Span): boolean {
  return new Date(day.from) < to && new Date(day.to) > from;
}

function nextMonth(start: Date): number {
  return Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1);
}
