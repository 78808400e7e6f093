import type { EventDefinition } from '../../events/define-event.ts';
import { isDetailsOnly } from '../../events/extract-details.ts';
import { advanceFileTask, announceFileEvents, openFileTask } from '../../store/import/file-tasks.ts';
import {
  advanceMerging,
  finishFile,
  type MergedTo,
  type OwnedFile,
  readFileCounts,
} from '../../store/import/imported-files.ts';
import {
  lookAtSlice,
  mergeSlice,
  nextSlice,
  type NextSlice,
  type SliceContent,
  type SliceEnd,
  sliceEnd,
  sliceStart,
} from '../../store/import/merge/merge-slice.ts';
import { dropStaging, stagedAccounts } from '../../store/import/staging.ts';
import { isMissingMonth, type PartitionKeeper } from '../../store/load/partitions.ts';
import { inTransaction, type Pool } from '../../store/connection/pool.ts';

export interface MergeDeps {
  readonly pool: Pool;
  readonly partitions: PartitionKeeper;
  /** Rows of the file that are merged, of how many. */
  readonly onRows: (merged: number, staged: number) => void;
  readonly signal: AbortSignal;
}

export interface FileToMerge extends OwnedFile {
  readonly definition: EventDefinition;
  readonly hasUrlId: boolean;
  /** Its details are staged, and are kept. */
  readonly hasDetails: boolean;
  readonly runId: number;
  /** The business unit that rejected lines are counted with where no row was read. */
  readonly accountId: number | undefined;
}

/**
 * Merges the rows of a staged file with the events, in slices of whole groups: each commits with the group it ends at.
 *
 * @throws the signal's reason between two slices.
 */
export async function mergeFile(file: FileToMerge, deps: MergeDeps): Promise<void> {
  const { pool, onRows } = deps;
  const { fileId, definition, runId } = file;
  const counts = await readFileCounts(pool, fileId);
  const accounts = await stagedAccounts(pool, fileId);
  const [owner = file.accountId] = accounts;
  const all = accounts.length === 0 && owner !== undefined && counts.rejected > 0 ? [owner] : accounts;
  let merged = counts.merged;
  for (const accountId of all) {
    const after = mergedBefore(counts.mergedTo, accountId);
    if (after === undefined) continue;
    const rejected = accountId === owner ? counts.rejected : 0;
    const part: FilePart = { file, accountId, rejected };
    if (!isDetailsOnly(definition)) {
      await openFileTask(pool, { runId, fileId, accountId, eventType: definition.name });
      await announceFileEvents(pool, accountId, definition.name);
    }
    merged =
      (await mergePart(part, after, deps, (records) => onRows(merged + records, counts.staged))) + merged;
  }
  await inTransaction(pool, async (tx) => {
    await finishFile(tx, file);
    await dropStaging(tx, fileId);
  });
}

/** Where the account's rows go on; undefined where all of them are merged. */
function mergedBefore(mergedTo: MergedTo | null, accountId: number): SliceEnd | undefined {
  if (mergedTo === null || accountId > mergedTo.accountId) return sliceStart;
  return accountId < mergedTo.accountId || mergedTo.second === sliceEnd.second ? undefined : mergedTo;
}

/** The rows of one business unit. */
interface FilePart {
  readonly file: FileToMerge;
  readonly accountId: number;
  /** Lines of the file that are counted with it. */
  readonly rejected: number;
}

async function mergePart(
  part: FilePart,
  from: SliceEnd,
  deps: MergeDeps,
  onRecords: (records: number) => void,
): Promise<number> {
  const { file, accountId, rejected } = part;
  let records = 0;
  for (let after = from; ;) {
    deps.signal.throwIfAborted();
    const next = await nextSlice(deps.pool, file.fileId, accountId, after);
    const content = next === undefined ? undefined : await lookAtSlice(deps.pool, file.fileId, next.slice);
    if (next === undefined || content === undefined) {
      const end = { records: rejected, inserted: 0, rejected, isDone: true };
      await advanceFileTask(deps.pool, { fileId: file.fileId, accountId }, end);
      return records;
    }
    records += await commitSlice(part, next, content, deps);
    onRecords(records);
    if (next.isLast) return records;
    after = next.slice.to;
  }
}

/** Returns the number of rows. */
async function commitSlice(
  { file, accountId, rejected }: FilePart,
  { slice, isLast }: NextSlice,
  content: SliceContent,
  { pool, partitions }: MergeDeps,
): Promise<number> {
  const { definition, fileId, hasDetails } = file;
  const tables = new Set([definition.table, ...(hasDetails ? ['extract_details'] : [])]);
  const commit = async () => {
    for (const table of tables)
      for (const month of content.months) await partitions.ensureMonths(table, month, month);
    return await inTransaction(pool, async (tx) => {
      const { records, inserted } = await mergeSlice(tx, definition, file, slice, content);
      await advanceMerging(tx, file, { to: { accountId, ...slice.to }, records, inserted });
      const counted = isLast ? rejected : 0;
      const progress = { records: records + counted, inserted, rejected: counted, isDone: isLast };
      await advanceFileTask(tx, { fileId, accountId }, progress);
      return records;
    });
  };
  try {
    return await commit();
  } catch (error) {
    // Retention dropped the month since it was seen here: make it again.
    if (!isMissingMonth(error)) throw error;
    partitions.forget();
    return await commit();
  }
}
