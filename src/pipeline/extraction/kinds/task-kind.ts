import type { ColumnPage, PageColumns } from '../../../columns/page.ts';
import type { Pseudonyms } from '../../../columns/people/pseudonyms.ts';
import type { ObjectDefinition } from '../../../events/define-event.ts';
import type { Filter } from '../../../marketing-cloud/request/filter.ts';
import type { RetrievePage } from '../../../marketing-cloud/retrieve.ts';
import type { OwnedTask } from '../../../store/ledger/task-ledger.ts';
import type { Queryable } from '../../../store/connection/pool.ts';
import type { Retention } from '../../event-bounds.ts';
import type { CommitDeps } from '../commit-page.ts';

/** How tasks of one kind are read, committed and finished. */
export interface TaskKindBehavior {
  /** What one attempt of a task reads, and where its pages go. */
  open(task: OwnedTask, attempt: Attempt): TaskReading;
  /** What follows in the ledger once the task is done or parked, in the transaction that made it so. */
  finish(tx: Queryable, task: OwnedTask, requestId: string | null): Promise<void>;
}

export interface Attempt {
  /** It begins with the first page, not by a RequestID. */
  readonly isFromStart: boolean;
  readonly now: Date;
  readonly retention: Retention;
  /** Stand for people; undefined where their keys are stored as they are sent. */
  readonly pseudonyms: Pseudonyms | undefined;
}

export interface TaskReading {
  /** The object, and the properties to request. */
  readonly definition: ObjectDefinition;
  /** Every object of the type where undefined. */
  readonly filter: Filter | undefined;
  /** Only what arrived since the same request was last made, whatever its date. */
  readonly isOfArrivals?: true;
  /** Pages after which the reading ends; those of any task where undefined. */
  readonly pagesMax?: number;
  /** Takes the records of one page. */
  readonly createPage: () => ColumnPage;
  /** `commitPage` takes a page while the one before is being committed, and commits them in their order. */
  readonly ordersCommits?: true;
  /**
   * Writes a page with its rejected records and the task's progress, and with the last page what follows from it: all
   * or nothing. Returns the number of new rows.
   *
   * @throws {OwnershipLostError} when the fence is no longer ours; nothing was written.
   */
  readonly commitPage: (
    page: RetrievePage<PageColumns>,
    requestCount: number,
    deps: CommitDeps,
  ) => Promise<number>;
}
