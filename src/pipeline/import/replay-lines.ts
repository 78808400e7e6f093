import type { EventBounds } from '../../columns/page-builder.ts';
import type { EventDefinition } from '../../events/define-event.ts';
import { isDetailsOnly, withDetails } from '../../events/extract-details.ts';
import { announceFileEvents } from '../../store/import/file-tasks.ts';
import {
  lookAtSlice,
  mergeSlice,
  type Slice,
  sliceEnd,
  sliceStart,
} from '../../store/import/merge/merge-slice.ts';
import { createStaging, dropStaging, stageRows } from '../../store/import/staging.ts';
import type { PartitionKeeper } from '../../store/load/partitions.ts';
import { deleteRejected, type KeptRecord } from '../../store/load/rejected-records.ts';
import { inTransaction, type Pool } from '../../store/connection/pool.ts';
import { createDateRewriter } from '../../tracking-extract/event-date.ts';
import { type EventRows, typeChunk } from '../../tracking-extract/event-pages.ts';
import { keepOut } from '../../columns/people/keep-out.ts';
import { lockedForgotten, type Privacy } from '../privacy.ts';
import { eventLayout } from '../../tracking-extract/extract-layout.ts';
import { splitRecords } from '../../tracking-extract/csv/split-records.ts';

export interface ReplayLinesDeps {
  readonly pool: Pool;
  readonly partitions: PartitionKeeper;
  readonly privacy: Privacy;
  readonly bounds: EventBounds;
}

/** Reads one rejected line of a file again; returns the new events, or undefined where it is as unreadable as it was. */
export async function replayLine(
  record: KeptRecord,
  definition: EventDefinition,
  deps: ReplayLinesDeps,
): Promise<number | undefined> {
  const typed = readLine(record, definition, deps.bounds);
  if (typed === undefined) return undefined;
  const { rows, wide, ...file } = typed;
  if (!isDetailsOnly(definition)) await announceFileEvents(deps.pool, rows.accountId, definition.name);
  await deps.partitions.ensureMonthsOf(definition.table, rows.columns);
  if (file.hasDetails) await deps.partitions.ensureMonthsOf('extract_details', rows.columns);
  return await inTransaction(deps.pool, async (tx) => {
    const { page: columns } = keepOut(rows.columns, wide, await lockedForgotten(tx, deps.privacy));
    await deleteRejected(tx, [record.id]);
    await createStaging(tx, wide, 'replay');
    await stageRows(tx, wide, 'replay', { ...rows, columns });
    const slice: Slice = { accountId: rows.accountId, after: sliceStart, to: sliceEnd };
    const content = await lookAtSlice(tx, 'replay', slice);
    const replayed = { fileId: 'replay' as const, ...file };
    const merged =
      content === undefined ? undefined : await mergeSlice(tx, definition, replayed, slice, content);
    await dropStaging(tx, 'replay');
    return merged?.inserted ?? 0;
  });
}

function readLine(
  { record, file, accountId }: KeptRecord,
  definition: EventDefinition,
  bounds: EventBounds,
): { rows: EventRows; wide: EventDefinition; hasUrlId: boolean; hasDetails: boolean } | undefined {
  if (file === null) return undefined;
  const { delimiter, timeZone, line } = file;
  const headerEnd = record.indexOf('\n');
  const header = record.slice(0, headerEnd).split(delimiter);
  const hasDetails = file.hasDetails === true;
  const wide = hasDetails ? withDetails(definition) : definition;
  const layout = eventLayout(wide, header, createDateRewriter(timeZone ?? undefined));
  if (layout === undefined) return undefined;
  const options = { delimiter, fieldCount: header.length, firstLine: line, isEnd: true };
  const split = splitRecords(record.slice(headerEnd + 1), options);
  const chunk = { ...split, next: { offset: 0, line: split.nextLine } };
  const typed = typeChunk(chunk, { definition: wide, layout, accountId, isExact: false, bounds });
  const [rows] = typed.pages;
  const isRead = typed.rejected.length === 0 && rows?.columns.rowCount === 1;
  return isRead ? { rows, wide, hasUrlId: layout.hasUrlId, hasDetails } : undefined;
}
