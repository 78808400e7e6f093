import type { LoadedPage } from '../../store/load/event-loader.ts';
import type { PageToCommit } from '../../store/load/page-to-commit.ts';
import { commitAhead, type CommitDeps, commitPage, type InsertMode } from './commit-page.ts';

/**
 * Commits the pages of one attempt in their order. The statement of a page is sent while that of the page before runs:
 * in Postgres it waits for the row of the task, and then writes nothing unless the page before was committed. So neither
 * waits for the other's way to the server and back.
 */
export class OrderedCommits {
  readonly #insertMode: InsertMode;
  /** Pages of the task that are committed, once one of this attempt was. */
  #pages: number | undefined;
  #inFlight = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(insertMode: InsertMode) {
    this.#insertMode = insertMode;
  }

  /**
   * Settles after the page before has. Returns the number of new rows.
   *
   * @throws {OwnershipLostError} when the fence is no longer ours; nothing was written.
   * @throws what the commit of the page before threw; nothing was written.
   */
  async commit(page: PageToCommit, deps: CommitDeps): Promise<number> {
    const committing = this.#inFlight === 0 ? this.#commit(page, deps) : this.#commitNext(page, deps);
    this.#last = committing;
    this.#inFlight += 1;
    try {
      const { pages, insertedCount } = await committing;
      this.#pages = pages;
      return insertedCount;
    } finally {
      this.#inFlight -= 1;
    }
  }

  async #commitNext(page: PageToCommit, deps: CommitDeps): Promise<LoadedPage> {
    const [before, own] = await Promise.allSettled([this.#last, this.#commitAhead(page, deps)]);
    if (before.status === 'rejected') throw before.reason;
    if (own.status === 'rejected') throw own.reason;
    return own.value ?? (await this.#commit(page, deps));
  }

  async #commitAhead(page: PageToCommit, deps: CommitDeps): Promise<LoadedPage | undefined> {
    if (this.#pages === undefined || isPoolCrowded(deps)) return undefined;
    const pagesAhead = this.#pages + this.#inFlight;
    return await commitAhead({ ...page, pagesAhead }, deps, this.#insertMode);
  }

  #commit(page: PageToCommit, deps: CommitDeps): Promise<LoadedPage> {
    return commitPage(page, deps, this.#insertMode);
  }
}

/** Where many windows are read side by side, they keep Postgres busy without that. */
function isPoolCrowded({ pool }: CommitDeps): boolean {
  return pool.waitingCount > 0;
}
