import type { PageColumns } from '../../columns/page.ts';
import type { EventDefinition } from '../../events/define-event.ts';
import type { OwnedTask } from '../ledger/task-ledger.ts';
import type { RejectedText } from './rejected-records.ts';

/** One page of a task with all that its commit writes. */
export interface PageToCommit {
  readonly task: OwnedTask;
  readonly definition: EventDefinition;
  /** The rows, typed. */
  readonly columns: PageColumns;
  /** Records that could not be typed. */
  readonly rejected: readonly RejectedText[];
  /** RequestID of the response this page came in. */
  readonly requestId: string | null;
  /** Requests made for this page. */
  readonly requestCount: number;
  readonly finish: Finish;
  /**
   * Pages of the task that are committed before this one. Given where the page before may still be on its way: with
   * another number of them nothing is written.
   */
  readonly pagesAhead?: number;
  /** The page has made way for itself among events of files (`makeWay`). */
  readonly mergesFiles: boolean;
  /** The people who were forgotten up to this version of `pipeline.privacy` are not in it. */
  readonly privacyVersion: number;
  /** Records of theirs that were left out. */
  readonly keptOut: number;
}

/**
 * What a page finishes.
 *
 * `nothing`: more pages follow. `window`: it is the last page, and its task is a whole window of sync, as most
 * are; then no other task has to be looked at, and checkpoint and job are written in the page's own statement.
 * `task`: the last page of any other task; its window may have further parts, which are looked at in a later
 * statement of the same transaction, when parts that finish at the same time can be seen.
 */
export type Finish = 'nothing' | 'task' | 'window';

/** What a page of this task finishes. */
export function finishOf({ origin, rootId, taskId, jobId }: OwnedTask, isLast: boolean): Finish {
  if (!isLast) return 'nothing';
  return origin === 'sync' && rootId === taskId && jobId !== null ? 'window' : 'task';
}
