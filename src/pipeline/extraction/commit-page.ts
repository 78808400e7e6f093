import { OwnershipLostError } from '../../errors.ts';
import type { PageColumns, RejectedRecord } from '../../columns/page.ts';
import {
  type EventDefinition,
  type ObjectDefinition,
  requestedProperties,
} from '../../events/define-event.ts';
import { renderRecordXml } from '../../marketing-cloud/response/record-xml.ts';
import type { RetrievePage } from '../../marketing-cloud/retrieve.ts';
import {
  advanceCheckpoint,
  recordDeepRead,
  settleRoot,
  updateJobActivity,
} from '../../store/load/checkpoints.ts';
import { type EventLoader, isDuplicateKey } from '../../store/load/event-loader.ts';
import { isMissingMonth, type PartitionKeeper } from '../../store/load/partitions.ts';
import { inTransaction, type Pool, type Queryable, storeErrorFrom } from '../../store/pool.ts';
import { keepRejected } from '../../store/load/rejected-records.ts';
import type { OwnedTask } from '../../store/ledger/task-ledger.ts';

export interface CommitDeps {
  readonly pool: Pool;
  readonly loader: EventLoader;
  readonly partitions: PartitionKeeper;
  /** Requests that have left and are not in the ledger yet; counted once. */
  readonly takeRequestCount: () => number;
}

/** How often a window that was taken for fresh may turn out not to be, before its pages are loaded with care. */
export const conflictsMax = 3;

/** Whether a window's pages are still taken for fresh. */
export interface InsertMode {
  conflictsLeft: number;
}

/**
 * Writes one page: its rows, its rejected records, the task's progress, and with the last page what
 * follows from it for watermark and job; all of it or nothing. Answers how many rows were new.
 *
 * @throws {OwnershipLostError} when the fence is no longer ours; nothing was written.
 */
export async function commitPage(
  task: OwnedTask,
  definition: EventDefinition,
  page: RetrievePage<PageColumns>,
  deps: CommitDeps,
  insertMode: InsertMode,
): Promise<number> {
  const requestCount = deps.takeRequestCount();
  const write = (isInsertOnly: boolean) =>
    writeMonthsAndPage({ task, definition, page, requestCount, isInsertOnly }, deps);
  const isInsertOnly = insertMode.conflictsLeft > 0;
  try {
    return await write(isInsertOnly);
  } catch (error) {
    if (isInsertOnly && isDuplicateKey(error)) insertMode.conflictsLeft -= 1;
    // Retention dropped the month since it was seen here: make it again.
    else if (isMissingMonth(error)) deps.partitions.forget();
    else throw storeErrorFrom(error);
  }
  return write(false).catch((error: unknown) => {
    throw storeErrorFrom(error);
  });
}

/** A page on its way into its table. */
interface PageWriting {
  readonly task: OwnedTask;
  readonly definition: EventDefinition;
  readonly page: RetrievePage<PageColumns>;
  readonly requestCount: number;
  readonly isInsertOnly: boolean;
}

async function writeMonthsAndPage(writing: PageWriting, deps: CommitDeps): Promise<number> {
  const { definition, page } = writing;
  await deps.partitions.ensureMonthsOf(definition.table, page.page);
  // In the middle of a window, and at the end of one that is a single task, one statement is the whole
  // transaction.
  const isOneStatement = page.page.rejected.length === 0 && (!page.isLast || isSingleTask(writing.task));
  return isOneStatement
    ? writePage(deps.pool, writing, deps)
    : inTransaction(deps.pool, (tx) => writePage(tx, writing, deps));
}

/** A planned window of sync that is one task: nobody else's end has to be waited for. */
function isSingleTask({ origin, rootId, taskId, jobId }: OwnedTask): boolean {
  return origin === 'sync' && rootId === taskId && jobId !== null;
}

function ownershipLost({ taskId, fence }: OwnedTask): OwnershipLostError {
  return new OwnershipLostError('another worker owns the task', { taskId, fence });
}

async function writePage(
  tx: Queryable,
  { task, definition, page, requestCount, isInsertOnly }: PageWriting,
  { loader }: CommitDeps,
): Promise<number> {
  const { taskId, accountId, jobId, runId, fence } = task;
  const requestId = page.requestId ?? null;
  const records = page.page.rejected.map((record) => rejectedXml(definition, record));
  const newlyRejectedCount =
    records.length === 0
      ? 0
      : await keepRejected(tx, { accountId, jobId, eventType: definition.name, runId, records });
  const target = { definition, accountId, taskId, fence, requestId, isLast: page.isLast };
  const finishes = page.isLast && isSingleTask(task) && jobId !== null ? { jobId } : undefined;
  const { progressed, insertedCount } = await loader.loadPage(tx, page.page, {
    ...target,
    newlyRejectedCount,
    requestCount,
    isInsertOnly,
    finishes,
  });
  if (!progressed) throw ownershipLost(task);
  if (page.isLast && finishes === undefined) await finishTask(tx, task, requestId);
  return insertedCount;
}

/** What a finished task means for its window, the watermark and the job. */
export async function finishTask(tx: Queryable, task: OwnedTask, requestId: string | null): Promise<void> {
  const { taskId, rootId, accountId, jobId, eventType, origin } = task;
  const settled = { taskId, rootId, accountId, jobId, eventType, requestId };
  await settleRoot(tx, settled);
  if (origin === 'sync') await advanceCheckpoint(tx, settled);
  if (origin === 'deep_read') await recordDeepRead(tx, settled);
  await updateJobActivity(tx, taskId);
}

/** A rejected record as it is kept: what was read of it, as XML, and why it could not be typed. */
export function rejectedXml(
  definition: ObjectDefinition,
  record: RejectedRecord,
): { reason: string; xml: string } {
  const { property, reason, values } = record;
  return {
    reason: property === undefined || reason.includes(property) ? reason : `${property}: ${reason}`,
    xml: renderRecordXml(requestedProperties(definition), values),
  };
}
