import { OwnershipLostError, StoreUnavailableError } from '../../errors.ts';
import type { PageColumns } from '../../columns/page.ts';
import type { EventDefinition } from '../../events/define-event.ts';
import type { RetrievePage } from '../../marketing-cloud/retrieve.ts';
import {
  type EventLoader,
  isCopied,
  isDuplicateKey,
  isOneStatement,
  type LoadedPage,
} from '../../store/load/event-loader.ts';
import { isEmptyWindow } from '../../store/load/empty-windows.ts';
import { finishOf, type PageToCommit } from '../../store/load/page-to-commit.ts';
import { isMissingMonth, type PartitionKeeper } from '../../store/load/partitions.ts';
import { makeWay } from '../../store/import/merge/make-way.ts';
import { type LoadRules, readLoadRules } from '../../store/ledger/load-rules.ts';
import type { OwnedTask } from '../../store/ledger/task-ledger.ts';
import {
  inTransaction,
  onConnection,
  type Pool,
  type Queryable,
  storeErrorFrom,
} from '../../store/connection/pool.ts';
import { keepOut, namesForgotten } from '../../columns/people/keep-out.ts';
import type { Privacy } from '../privacy.ts';
import { rejectedText } from '../rejected-text.ts';

export interface CommitDeps {
  readonly pool: Pool;
  readonly loader: EventLoader;
  readonly partitions: PartitionKeeper;
  readonly privacy: Privacy;
  readonly now: () => Date;
}

/** After this many conflicts, the rest of a window that was assumed to be new is loaded with `on conflict`. */
export const conflictsMax = 3;

/**
 * A page is written again after this many deadlocks at most. The tail and a window of a job may bring the same events in
 * different orders: of two pages that wait for each other Postgres ends one, and nothing of it was written.
 */
const deadlocksMax = 3;

/** What the pages of a window are assumed to meet. */
export interface InsertMode {
  /** Above 0: only new rows. */
  conflictsLeft: number;
  /** By what the task's pages have to be loaded, as far as is known. */
  rules: LoadRules;
}

/**
 * Writes one page: its rows, its rejected records, the task's progress, and with the last page what
 * follows from it for watermark and job; all of it or nothing.
 *
 * @throws {OwnershipLostError} when the fence is no longer ours; nothing was written.
 */
export async function commitPage(
  page: PageToCommit,
  deps: CommitDeps,
  insertMode: InsertMode,
): Promise<LoadedPage> {
  for (let deadlocks = 0; ;) {
    const { mergesFiles, privacyVersion } = insertMode.rules;
    const kept = await withoutForgotten({ ...page, mergesFiles, privacyVersion }, deps.privacy);
    try {
      return await commitByRules(kept, deps, insertMode);
    } catch (error) {
      if (isDeadlock(error) && deadlocks < deadlocksMax) {
        deadlocks += 1;
        continue;
      }
      if (!(error instanceof OwnershipLostError)) throw error;
      // A file of the same events is being imported since the task was claimed, or a person was forgotten.
      const rules = await readLoadRules(deps.pool, page.task);
      const isChanged = rules?.mergesFiles !== mergesFiles || rules.privacyVersion !== privacyVersion;
      if (rules === undefined || !isChanged) throw error;
      insertMode.rules = rules;
    }
  }
}

/**
 * Writes a page while the one before may still be on its way. Undefined where nothing was written and the page is to be
 * committed once the one before is: that one failed, or was slower, or the page needs more than one try.
 */
export async function commitAhead(
  page: PageToCommit & { readonly pagesAhead: number },
  deps: CommitDeps,
  { conflictsLeft, rules }: InsertMode,
): Promise<LoadedPage | undefined> {
  const { mergesFiles, privacyVersion } = rules;
  const kept = await withoutForgotten({ ...page, mergesFiles, privacyVersion }, deps.privacy);
  if (mergesFiles || !isOneStatement(kept)) return undefined;
  try {
    return await write(kept, deps, conflictsLeft > 0);
  } catch (error) {
    const needsTry = error instanceof OwnershipLostError || isDuplicateKey(error) || isMissingMonth(error);
    const stored = storeErrorFrom(error);
    if (needsTry || isDeadlock(stored)) return undefined;
    throw stored;
  }
}

function isDeadlock(error: unknown): boolean {
  return error instanceof StoreUnavailableError && error.context.sqlState === '40P01';
}

/** Leaves out the people who were forgotten, and records that name one. */
async function withoutForgotten(page: PageToCommit, privacy: Privacy): Promise<PageToCommit> {
  const people = await privacy.forgotten(page.privacyVersion);
  const { page: columns, keptOut } = keepOut(page.columns, page.definition, people);
  const rejected = page.rejected.filter(
    (_, index) => !namesForgotten(columns.rejected[index]?.values ?? [], people),
  );
  return { ...page, columns, rejected, keptOut: keptOut + page.rejected.length - rejected.length };
}

async function commitByRules(
  page: PageToCommit,
  deps: CommitDeps,
  insertMode: InsertMode,
): Promise<LoadedPage> {
  if (page.mergesFiles) {
    return await writeAmongFiles(page, deps).catch((error: unknown) => {
      throw storeErrorFrom(error);
    });
  }
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
    ...{ mergesFiles: task.mergesFiles, privacyVersion: task.privacyVersion, keptOut: 0 },
  };
}

/** In the places of the same events that files brought. */
async function writeAmongFiles(page: PageToCommit, deps: CommitDeps): Promise<LoadedPage> {
  const { definition, columns, task } = page;
  const rows = { definition, columns, accountId: task.accountId };
  const load = () =>
    inTransaction(deps.pool, async (tx) => {
      await makeWay(tx, rows);
      return await loadPage(tx, page, deps, false);
    });
  await deps.partitions.ensureMonthsOf(definition.table, columns);
  return await load().catch((error: unknown) => {
    if (!isMissingMonth(error)) throw error;
    deps.partitions.forget();
    return deps.partitions.ensureMonthsOf(definition.table, columns).then(load);
  });
}

async function write(page: PageToCommit, deps: CommitDeps, isInsertOnly: boolean): Promise<LoadedPage> {
  const { pool, partitions, loader } = deps;
  if (isEmptyWindow(page)) {
    const settled = await loader.settleEmpty(pool, page);
    if (settled.pages !== undefined) return settled;
  }
  await partitions.ensureMonthsOf(page.definition.table, page.columns);
  if (isCopied(page, isInsertOnly))
    return requireOwner(page, await loader.copyPage(page, (work) => onConnection(pool, work)));
  const load = (client: Queryable) => loadPage(client, page, deps, isInsertOnly);
  return isOneStatement(page) ? load(pool) : inTransaction(pool, load);
}

async function loadPage(
  client: Queryable,
  page: PageToCommit,
  { loader }: CommitDeps,
  isInsertOnly: boolean,
): Promise<LoadedPage> {
  return requireOwner(page, await loader.loadPage(client, page, isInsertOnly));
}

function requireOwner({ task }: PageToCommit, loaded: LoadedPage): LoadedPage {
  const { taskId, fence } = task;
  if (loaded.pages === undefined)
    throw new OwnershipLostError('another worker owns the task', { taskId, fence });
  return loaded;
}
