import { setTimeout } from 'node:timers/promises';
import { StoreRejectedError } from '../../errors.ts';
import { type Pool, storeErrorFrom } from '../connection/pool.ts';
import { advance } from './finish-statement.ts';
import type { PageToCommit } from './page-to-commit.ts';

/**
 * Whether a page is the last one of a window of sync and has no record, as nearly all are in a night in which little
 * happens.
 */
export function isEmptyWindow(page: PageToCommit): boolean {
  const { columns, rejected, finish, keptOut, pagesAhead, mergesFiles } = page;
  const hasNothing = columns.recordCount === 0 && rejected.length === 0 && keptOut === 0;
  return hasNothing && finish === 'window' && pagesAhead === undefined && !mergesFiles;
}

/** How long windows are gathered for one statement; a request takes many times as long. */
const gatherMs = 8;

interface Waiting {
  readonly page: PageToCommit;
  readonly settled: PromiseWithResolvers<number | undefined>;
}

/**
 * Settles empty windows, many in one statement: those that come within a moment, or while the statement before runs.
 *
 * Each is settled as by a statement of its own, with its own fence. One that needs more than this statement does, or
 * whose row another transaction holds, is left as it is, for the caller to commit by itself.
 */
export class EmptyWindows {
  #waiting: Waiting[] = [];
  #isSettling = false;

  /** Returns the pages of the task that are committed then; undefined where nothing was written. */
  settle(pool: Pool, page: PageToCommit): Promise<number | undefined> {
    const settled = Promise.withResolvers<number | undefined>();
    this.#waiting.push({ page, settled });
    if (!this.#isSettling) void this.#settleAll(pool);
    return settled.promise;
  }

  async #settleAll(pool: Pool): Promise<void> {
    this.#isSettling = true;
    while (this.#waiting.length > 0) {
      await setTimeout(gatherMs);
      const together = this.#takeOnePerCheckpoint();
      try {
        const pages = await settleEmptyWindows(
          pool,
          together.map(({ page }) => page),
        );
        for (const { page, settled } of together) settled.resolve(pages.get(page.task.taskId));
      } catch (error) {
        // It may be refused for the sake of one of them: then each is committed by itself.
        const isRefused = storeErrorFrom(error) instanceof StoreRejectedError;
        for (const { settled } of together) {
          if (isRefused) settled.resolve(undefined);
          else settled.reject(error);
        }
      }
    }
    this.#isSettling = false;
  }

  /** A window that was parked may be read again beside the next one of its checkpoint: the second has to see the first settled. */
  #takeOnePerCheckpoint(): Waiting[] {
    const taken = new Map<string, Waiting>();
    const left: Waiting[] = [];
    for (const one of this.#waiting) {
      const { accountId, jobId, eventType } = one.page.task;
      const checkpoint = `${accountId} ${jobId} ${eventType}`;
      if (taken.has(checkpoint)) left.push(one);
      else taken.set(checkpoint, one);
    }
    this.#waiting = left;
    return [...taken.values()];
  }
}

/** Returns the committed pages of those that were settled, by task. */
async function settleEmptyWindows(
  pool: Pool,
  pages: readonly PageToCommit[],
): Promise<ReadonlyMap<number, number>> {
  const { rows } = await pool.query<{ id: number; pages: number }>({
    name: 'settle empty windows',
    text: settleEmptyWindowsQuery,
    values: [
      padded(pages.map(({ task }) => task.taskId)),
      integers(pages.map(({ task }) => task.fence)),
      integers(pages.map(({ privacyVersion }) => privacyVersion)),
      pages.map(({ requestId }) => requestId),
      integers(pages.map(({ requestCount }) => requestCount)),
    ],
  });
  return new Map(rows.map(({ id, pages: committed }) => [id, committed]));
}

/**
 * Of an array that it does not know Postgres expects ten elements. For fewer it would make a plan each time, which costs
 * more than the statement.
 */
const elementsMin = 10;

function padded(numbers: readonly number[]): string {
  const missing = Math.max(0, elementsMin - numbers.length);
  return integers([...numbers, ...Array.from({ length: missing }, () => null)]);
}

/** As Postgres reads arrays. The driver escapes each element, which takes several times as long. */
function integers(values: readonly (number | null)[]): string {
  return `{${values.map((value) => value ?? 'null').join(',')}}`;
}

/**
 * For each what `loadStatement` says of an empty page that finishes a window. A task that has met an event is left out:
 * that would be written to its job. No two of them are of one checkpoint.
 */
const settleEmptyWindowsQuery = `
with page as (
  select * from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[])
    as page (task_id, fence, privacy_version, request_id, requests)
),
owned as materialized (
  select page.*, set_config('synchronous_commit', 'off', true)
  from page,
  lateral (
    select id from pipeline.extract_tasks
    where id = page.task_id and fence = page.fence and not merges_files and privacy_version = page.privacy_version
      and root_id = id and last_event_at is null
    for update skip locked) as task
),
progress as (
  update pipeline.extract_tasks as task
  set request_id = owned.request_id, pages = task.pages + 1, requests = task.requests + owned.requests,
      state = 'done', settled_at = now(), finished_at = now(), updated_at = now()
  from owned where task.id = owned.task_id
  returning task.*
),
${advance('progress', 'request_id').join(',\n')}
select id, pages from progress`;
