import { OwnershipLostError } from '../../errors.ts';
import { freePage, type PageColumns } from '../../columns/page.ts';
import type { AccountClient } from '../../marketing-cloud/account-client.ts';
import { type RetrievePage, retrievePages } from '../../marketing-cloud/retrieve.ts';
import type { CommitDeps } from './commit-page.ts';
import type { TaskReading } from './kinds/task-kind.ts';

/** One attempt of a task: what it reads, from its first page or from the page after a cursor. */
export interface Extraction {
  readonly reading: TaskReading;
  readonly client: AccountClient;
  /** RequestID to continue from; undefined: the first page. */
  readonly continueFrom: string | undefined;
}

export interface ExtractDeps extends CommitDeps {
  readonly pageSize: number;
  /** A window that is not at its end after this many pages is split. */
  readonly pagesMax: number;
  /** Waits until the next page may be requested: after the first one, before each. */
  readonly beforeNextPage: () => Promise<void>;
  /** Called once a request is admitted; true where it waited for another slot. */
  readonly keepTurn: () => Promise<boolean>;
  /** Called where the last page has no record: what is left to do then takes next to nothing. */
  readonly endTurn: () => void;
  /** Called as each request leaves. */
  readonly onRequest: () => void;
  /** Requests that have left and are not in the ledger yet; counted once. */
  readonly takeRequestCount: () => number;
  readonly onPage: (page: RetrievePage<PageColumns>, insertedCount: number) => void;
}

export interface ExtractSignals {
  /** Requests no further page; one whose request has left is still received and committed. */
  readonly drain: AbortSignal;
  /** Ends at once. */
  readonly abort: AbortSignal;
  /** Either of them. */
  readonly stop: AbortSignal;
}

/** How an extraction ended that did not fail. */
export type ExtractOutcome = 'done' | 'interrupted' | 'overflowed';

/**
 * Extracts what one task reads: a window of one event type for one job, or part of a dimension.
 *
 * Each page is one fenced transaction: its rows and the task's progress commit together, so a crash can
 * repeat a page but never skip one. The next page is requested when the current one has been read to its
 * end, and arrives while the current one and the one before are committed: three pages in memory, one request on a
 * cursor.
 * Pages are not ordered by event date, so a page in the middle only moves the resume cursor; with the last
 * page the window is complete and the watermark may follow.
 *
 * @throws {ContinueExpiredError} when Marketing Cloud has forgotten the request we are continuing; the
 * caller clears the cursor and reads the window from its start.
 * @throws {OwnershipLostError} when another worker took the task; nothing was written.
 * @throws the reason of the drain when it came before the first request left.
 */
export async function runExtractTask(
  extraction: Extraction,
  deps: ExtractDeps,
  { drain, abort }: ExtractSignals,
): Promise<ExtractOutcome> {
  drain.throwIfAborted();
  const { reading } = extraction;
  const flight = { isRequested: false };
  const { stopped, release } = stopWith({ drain, abort }, flight);
  const pages = readPages(extraction, deps, flight, stopped.signal);
  let arriving: Promise<IteratorResult<RetrievePage<PageColumns>>> | undefined = pages.next();
  let [taken, committed] = [0, 0];
  let committing: Promise<void> = Promise.resolve();
  try {
    for (;;) {
      const arrived: IteratorResult<RetrievePage<PageColumns>> = await arriving;
      if (arrived.done === true) throw new Error('the pages of a window ended without a last one');
      const page: RetrievePage<PageColumns> = arrived.value;
      flight.isRequested = false;
      const isOverflowing = !page.isLast && taken + 1 >= (reading.pagesMax ?? deps.pagesMax);
      const isMore: boolean = !page.isLast && !isOverflowing && !drain.aborted;
      arriving = isMore ? handled(deps.beforeNextPage().then(() => pages.next())) : undefined;
      taken += 1;
      if (page.isLast && page.recordCount === 0) deps.endTurn();
      const before = committing;
      if (reading.ordersCommits !== true) await before;
      committing = handled(
        reading.commitPage(page, deps.takeRequestCount(), deps).then((inserted) => {
          committed += 1;
          deps.onPage(page, inserted);
          freePage(page.page);
        }),
      );
      await before;
      if (arriving !== undefined) continue;
      await committing;
      return page.isLast ? 'done' : isOverflowing ? 'overflowed' : 'interrupted';
    }
  } catch (error) {
    // What is on its way must not outlive the slot that its request holds.
    stopped.abort(new OwnershipLostError('the window is no longer being read'));
    const [, commit] = await Promise.allSettled([arriving, committing]);
    if (commit.status === 'rejected') throw commit.reason;
    // No request left after the last page that was committed: its cursor is exact.
    if (drain.aborted && error === drain.reason && committed > 0) return 'interrupted';
    throw error;
  } finally {
    release();
  }
}

/** Stops at once with `abort`, and with `drain` where no request has left whose page is to be received. */
function stopWith(
  { drain, abort }: Pick<ExtractSignals, 'drain' | 'abort'>,
  flight: { readonly isRequested: boolean },
): { readonly stopped: AbortController; readonly release: () => void } {
  const stopped = new AbortController();
  const stopWaiting = () => {
    if (!flight.isRequested) stopped.abort(drain.reason);
  };
  const stopAtOnce = () => {
    stopped.abort(abort.reason);
  };
  drain.addEventListener('abort', stopWaiting, { once: true });
  abort.addEventListener('abort', stopAtOnce, { once: true });
  if (abort.aborted) stopAtOnce();
  const release = () => {
    drain.removeEventListener('abort', stopWaiting);
    abort.removeEventListener('abort', stopAtOnce);
  };
  return { stopped, release };
}

/** A failure of a page that is still arriving is dealt with when its turn comes, not before. */
function handled<Result>(promise: Promise<Result>): Promise<Result> {
  promise.catch(() => undefined);
  return promise;
}

function readPages(
  { reading, client, continueFrom }: Extraction,
  deps: ExtractDeps,
  flight: { isRequested: boolean },
  signal: AbortSignal,
): AsyncGenerator<RetrievePage<PageColumns>> {
  const { definition, filter, createPage, isOfArrivals } = reading;
  const { pageSize, pagesMax, keepTurn } = deps;
  const onRequest = () => {
    flight.isRequested = true;
    deps.onRequest();
  };
  return retrievePages(
    client,
    // One page more than is read here: this loop ends before the client's own limit is reached.
    {
      ...{ definition, filter, pageSize, continueFrom, isOfArrivals },
      ...{ pagesMax: pagesMax + 1, onRequest, keepTurn },
    },
    createPage,
    signal,
  );
}
