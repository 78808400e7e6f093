import { RetrieveTimedOutError } from '../../../errors.ts';
import { retrievePages } from '../../../marketing-cloud/retrieve.ts';
import { splitTask } from '../../../store/ledger/split-task.ts';
import type { OwnedTask, Window } from '../../../store/ledger/task-ledger.ts';
import { findKnownWidth, forgetWidth, rememberWidth } from '../../../store/planning/window-widths.ts';
import { inTransaction } from '../../../store/connection/pool.ts';
import { partsMax } from '../../tail/plan-tails.ts';
import { cutEvenly, partOf } from '../../planning/windows.ts';
import { type ActiveTask, takeRequestCount, type TaskDeps, taskFields } from '../active-task.ts';
import { requireFruit } from './effort.ts';
import { holdSlot } from '../turns/hold-slot.ts';
import { taskKinds } from '../kinds/registry.ts';
import { failureOf } from '../settle-task.ts';
import { WidthSearch } from './workable-width.ts';

/** A width that would cut the window into more parts than this is only where the search begins. */
const knownPartsMax = 500;

/** How a search ended: the parts that replace the task, or the error with which it is parked. */
export type Narrowing =
  | { readonly kind: 'split'; readonly widthSeconds: number }
  | { readonly kind: 'park'; readonly failsSeconds: number };

/** Searches are made one at a time for an account and event type, so that each knows what the last one found. */
export class WindowNarrowing {
  readonly #deps: TaskDeps;
  readonly #latest = new Map<string, Promise<unknown>>();

  constructor(deps: TaskDeps) {
    this.#deps = deps;
  }

  /**
   * Searches for the width at which a window that timed out can be read; what other parts of it cost meanwhile is
   * nothing, since they are not tried.
   *
   * @throws {BudgetExceededError} when the planned window has cost too many requests already.
   */
  async find(active: ActiveTask, window: Window): Promise<Narrowing> {
    const key = `${active.task.accountId} ${active.task.eventType}`;
    const earlier = this.#latest.get(key) ?? Promise.resolve();
    const search = earlier.then(() => this.#search(active, window));
    const settled = search.catch(() => undefined);
    this.#latest.set(key, settled);
    return search;
  }

  async #search(active: ActiveTask, window: Window): Promise<Narrowing> {
    const { pool } = this.#deps;
    const { task, signals } = active;
    signals.stop.throwIfAborted();
    // A window that is parked costs one request in each sync, however many syncs there were.
    if (task.failsSeconds === null) await requireFruit(pool, task);
    const known = await findKnownWidth(pool, task);
    const guess = task.failsSeconds ?? known?.worksSeconds ?? known?.failsSeconds;
    const isLastHope = task.failsSeconds !== null || known?.worksSeconds === null;
    const search = new WidthSearch(secondsOf(window), guess);
    for (let width = search.next(); width !== undefined; width = search.next()) {
      search.note(width, await this.#isTimedOut(active, middleOf(window, width)));
      const { works } = search.bounds;
      // What failed before works by now: then the window may as well.
      if (works === task.failsSeconds && !(await this.#isTimedOut(active, window))) {
        await forgetWidth(pool, task);
        return { kind: 'split', widthSeconds: secondsOf(window) };
      }
      // The width that was found for another window holds for this one, if that one was not far shorter.
      const isKnown = works !== undefined && works === known?.worksSeconds;
      if (isKnown && secondsOf(window) <= works * knownPartsMax)
        return { kind: 'split', widthSeconds: works };
      // The narrowest part that failed before fails still: nothing else is tried.
      if (isLastHope && works === undefined) break;
    }
    const { works, fails } = search.bounds;
    await rememberWidth(pool, task, { worksSeconds: works ?? null, failsSeconds: fails });
    return works === undefined
      ? { kind: 'park', failsSeconds: fails }
      : { kind: 'split', widthSeconds: works };
  }

  /** Requests the first page of a part of the window; what it brings is read again with the part that it belongs to. */
  async #isTimedOut(active: ActiveTask, part: Window): Promise<boolean> {
    const { task, account, refused } = active;
    const { pageSize, now, retention, privacy } = this.#deps;
    const scope = { ...task, window: part };
    const { definition, filter, createPage } = taskKinds[task.kind].open(scope, {
      isFromStart: true,
      now: now(),
      retention,
      pseudonyms: privacy.pseudonyms,
    });
    const onRequest = () => (active.uncountedRequests += 1);
    const request = { definition, filter, pageSize, pagesMax: 1, onRequest };
    try {
      await holdSlot(active, this.#deps, ({ keepTurn }) =>
        retrievePages(account.client, { ...request, keepTurn }, createPage, refused.stop).next(),
      );
      return false;
    } catch (error) {
      if (error instanceof RetrieveTimedOutError) return true;
      throw error;
    }
  }
}

/** A window of the tail that would need more requests than it is worth is read on another rung. */
export function isTooDear({ kind }: OwnedTask, window: Window, widthSeconds: number): boolean {
  return kind === 'tail' && secondsOf(window) > widthSeconds * partsMax;
}

/** Why a window is not read, and its narrowest part that timed out. */
export function unreadableBy(
  narrowing: Narrowing,
  because: string,
): { readonly text: string; readonly failsSeconds: number } {
  const failsSeconds = narrowing.kind === 'park' ? narrowing.failsSeconds : narrowing.widthSeconds;
  const text =
    narrowing.kind === 'park'
      ? `Even ${failsSeconds} s of the window time out: ${because}`
      : `No more than ${failsSeconds} s can be read at once: ${because}`;
  return { text, failsSeconds };
}

/** Replaces a task by parts of a width that works. */
export async function splitByWidth(
  active: ActiveTask,
  { window, widthSeconds }: { readonly window: Window; readonly widthSeconds: number },
  error: unknown,
  deps: TaskDeps,
): Promise<void> {
  const { task } = active;
  const parts = cutEvenly(window, widthSeconds).map((part) => partOf(task, part));
  const requests = takeRequestCount(active);
  await inTransaction(deps.pool, (tx) =>
    splitTask(tx, deps.queue, task, parts, { failure: failureOf(error), requests }),
  );
  deps.logger.info({ ...taskFields(task), parts: parts.length, widthSeconds }, 'task split');
}

function secondsOf({ from, to }: Window): number {
  return Math.round((to.getTime() - from.getTime()) / 1000);
}

/** The middle of a window, in whole seconds: a window begins before its job, where there is nothing to read. */
function middleOf(window: Window, seconds: number): Window {
  const restSeconds = secondsOf(window) - seconds;
  const fromMs = window.from.getTime() + Math.floor(restSeconds / 2) * 1000;
  return { from: new Date(fromMs), to: new Date(fromMs + seconds * 1000) };
}
