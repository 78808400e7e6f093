import { OwnershipLostError } from '../../errors.ts';
import type { PageColumns } from '../../columns/page.ts';
import type { EventDefinition } from '../../events/define-event.ts';
import type { RetrievePage } from '../../marketing-cloud/retrieve.ts';
import { type EventLoader, isDuplicateKey, isOneStatement } from '../../store/load/event-loader.ts';
import { finishOf, type PageToCommit } from '../../store/load/page-to-commit.ts';
import { isMissingMonth, type PartitionKeeper } from '../../store/load/partitions.ts';
import type { OwnedTask } from '../../store/ledger/task-ledger.ts';
import { inTransaction, type Pool, type Queryable, storeErrorFrom } from '../../store/pool.ts';
import { rejectedText } from '../rejected-text.ts';

export interface CommitDeps {
  readonly pool: Pool;
  readonly loader: EventLoader;
  readonly partitions: PartitionKeeper;
  readonly now: () => Date;
}

/** After this many conflicts, the rest of a window that was assumed to be new is loaded with `on conflict`. */
export const conflictsMax = 3;

/** Whether the pages of a window are still assumed to hold only new rows. */
export interface InsertMode {
  conflictsLeft: number;
}

/**
 * Writes one page: its rows, its rejected records, the task's progress, and with the last page what
 * follows from it for watermark and job; all of it or nothing. Returns the number of new rows.
 *
 * @throws {OwnershipLostError} when the fence is no longer ours; nothing was written.
 */
export async function commitPage(
  page: PageToCommit,
  deps: CommitDeps,
  insertMode: InsertMode,
): Promise<number> {
  const isInsertOnly = insertMode.conflictsLeft > 0;
  try {
    return await write(page, deps, isInsertOnly);
  } catch (error) {
    if (isInsertOnly && isDuplicateKey(error)) insertMode.conflictsLeft -= 1;
    // Retention dropped the month since it was seen here: make it again.
    else if (isMissingMonth(error)) deps.partitions.forget();
    else throw storeErrorFrom(error);
  }
  return write(page, deps, false).catch((error: unknown) => {
    throw storeErrorFrom(error);
  });
}

/** A page as it arrived, with what its task finishes by it. */
export function pageToCommit(
  task: OwnedTask,
  definition: EventDefinition,
  { page: columns, requestId, isLast }: RetrievePage<PageColumns>,
  requestCount: number,
): PageToCommit {
  return {
    task,
    definition,
    columns,
    rejected: columns.rejected.map((record) => rejectedText(definition, record)),
    requestId: requestId ?? null,
    requestCount,
    finish: finishOf(task, isLast),
  };
}

async function write(page: PageToCommit, deps: CommitDeps, isInsertOnly: boolean): Promise<number> {
  const { pool, loader, partitions } = deps;
  await partitions.ensureMonthsOf(page.definition.table, page.columns);
  const load = async (client: Queryable) => {
    const { progressed, insertedCount } = await loader.loadPage(client, page, isInsertOnly);
    const { taskId, fence } = page.task;
    if (!progressed) throw new OwnershipLostError('another worker owns the task', { taskId, fence });
    return insertedCount;
  };
  return isOneStatement(page) ? load(pool) : inTransaction(pool, load);
}
