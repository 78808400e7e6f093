import { OwnershipLostError } from '../../errors.ts';
import { createColumnPage, type PageColumns } from '../../columns/page.ts';
import type { EventDefinition } from '../../events/define-event.ts';
import type { AccountClient } from '../../marketing-cloud/account-client.ts';
import type { Filter } from '../../marketing-cloud/request/filter.ts';
import { type RetrievePage, retrievePages } from '../../marketing-cloud/retrieve.ts';
import type { OwnedTask } from '../../store/ledger/task-ledger.ts';
import { type CommitDeps, commitPage, conflictsMax } from './commit-page.ts';

export interface ExtractDeps extends CommitDeps {
  readonly account: AccountClient;
  readonly pageSize: number;
  /** A window that is not at its end after so many pages is cut in halves. */
  readonly pagesMax: number;
  /** Waits for gate and rate limit; what it throws ends the extraction. */
  readonly beforeRequest: (signal: AbortSignal) => Promise<void>;
  readonly onPage: (page: RetrievePage<PageColumns>, insertedCount: number) => void;
  readonly now: () => Date;
}

export interface ExtractSignals {
  /** Asks for no further page; what is on its way is still received and committed. */
  readonly drain: AbortSignal;
  /** Ends at once. */
  readonly abort: AbortSignal;
  /** Either of them. */
  readonly stop: AbortSignal;
}

/** How an extraction ended that did not fail. */
export type ExtractOutcome = 'done' | 'interrupted' | 'overflowed';

/** Marketing Cloud's clock may run ahead of ours, and a date may be a little in the future; more is damage. */
export const futureMsMax = 2 * 24 * 60 * 60 * 1000;

/**
 * Extracts one window of one event type for one job.
 *
 * Each page is one fenced statement: its rows and the task's progress commit together, so a crash can
 * repeat a page but never skip one. The next page is asked for when the current one has been read to its
 * end, and arrives while the current one is committed: two pages in memory, one request on a cursor.
 * Pages are not ordered by event date, so a page in the middle only moves the resume cursor; with the last
 * page the window is complete and the watermark may follow.
 *
 * @throws {ContinueExpiredError} when Marketing Cloud has forgotten the request we are continuing; the
 * caller clears the cursor and reads the window from its start.
 * @throws {OwnershipLostError} when another worker took the task; nothing was written.
 */
export async function runExtractTask(
  task: OwnedTask,
  definition: EventDefinition,
  continueFrom: string | undefined,
  deps: ExtractDeps,
  signals: ExtractSignals,
): Promise<ExtractOutcome> {
  const failed = new AbortController();
  const signal = AbortSignal.any([signals.abort, failed.signal]);
  const pages = readPages(task, definition, continueFrom, deps, signal);
  let arriving: Promise<IteratorResult<RetrievePage<PageColumns>>> | undefined = pages.next();
  const insertMode = { conflictsLeft: task.isInsertOnly && continueFrom === undefined ? conflictsMax : 0 };
  try {
    for (let count = 1; ; count += 1) {
      const arrived: IteratorResult<RetrievePage<PageColumns>> = await arriving;
      if (arrived.done === true) throw new Error('the pages of a window ended without a last one');
      const page: RetrievePage<PageColumns> = arrived.value;
      const isOverflowing = !page.isLast && count >= deps.pagesMax;
      const isMore: boolean = !page.isLast && !isOverflowing && !signals.drain.aborted;
      arriving = isMore ? handled(pages.next()) : undefined;
      const inserted = await commitPage(task, definition, page, deps, insertMode);
      deps.onPage(page, inserted);
      if (arriving === undefined) return page.isLast ? 'done' : isOverflowing ? 'overflowed' : 'interrupted';
    }
  } catch (error) {
    // The page on its way must not outlive the slot it was asked for under.
    failed.abort(new OwnershipLostError('the window is no longer being read'));
    await arriving?.catch(() => undefined);
    throw error;
  }
}

/** A failure of a page that is still on its way is looked at when its turn comes, not before. */
function handled<Result>(promise: Promise<Result>): Promise<Result> {
  promise.catch(() => undefined);
  return promise;
}

function readPages(
  task: OwnedTask,
  definition: EventDefinition,
  continueFrom: string | undefined,
  deps: ExtractDeps,
  signal: AbortSignal,
): AsyncGenerator<RetrievePage<PageColumns>> {
  const { account, pageSize, pagesMax } = deps;
  const eventsBeforeMicros = (deps.now().getTime() + futureMsMax) * 1000;
  const page = { accountId: task.accountId, jobId: task.jobId ?? undefined, eventsBeforeMicros };
  return retrievePages(
    account,
    // One more than is read here: where the guard of the client strikes, this loop has ended before.
    { definition, filter: windowFilter(task), pageSize, continueFrom, pagesMax: pagesMax + 1 },
    () => createColumnPage(definition, page),
    signal,
    { beforeRequest: () => deps.beforeRequest(signal) },
  );
}

/**
 * Marketing Cloud: whether `between` includes its ends is not documented and bounds carry whole seconds,
 * so the window on the wire begins a second early. What is read twice is no second row.
 */
export function windowFilter(task: Pick<OwnedTask, 'jobId' | 'window'>): Filter {
  const { from, to } = task.window;
  const dates: Filter = {
    property: 'EventDate',
    operator: 'between',
    values: [new Date(from.getTime() - 1000), to],
  };
  return task.jobId === null
    ? dates
    : { and: [{ property: 'SendID', operator: 'equals', values: [task.jobId] }, dates] };
}
