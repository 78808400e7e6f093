import { findDimension } from '../../dimensions/catalog.ts';
import { findEventDefinition } from '../../events/catalog.ts';
import { PipelineError, RetrieveTimedOutError } from '../../errors.ts';
import { hasSplitWithoutProgress } from '../../store/ledger/task-lineage.ts';
import type { OwnedTask, Window } from '../../store/ledger/task-ledger.ts';
import { halveScope } from '../planning/windows.ts';
import type { Final } from '../policy/decide.ts';
import { endsTheAccount } from '../policy/error-policy.ts';
import { runWithPolicy, type Work } from '../policy/run-with-policy.ts';
import { type ActiveTask, takeRequestCount, type TaskDeps, taskFields } from './active-task.ts';
import {
  type ExtractDeps,
  type ExtractOutcome,
  type ExtractSignals,
  runExtractTask,
} from './extract-task.ts';
import { requireExplained } from './narrowing/effort.ts';
import { Refusal } from './refusal.ts';
import { holdSlot, type Turn } from './turns/hold-slot.ts';
import { taskKinds } from './kinds/registry.ts';
import { isTooDear, splitByWidth, unreadableBy, WindowNarrowing } from './narrowing/narrow-task.ts';
import { failureOf, parkTask, settleTask, splitTaskInHalves, writeTask } from './settle-task.ts';

/** How long to remember that an event type may not be read; changes of a package's scopes take minutes to apply. */
const deniedMs = 10 * 60_000;

/**
 * One unreadable record spoils only its own part of a window. If no part was readable after this many splits, the
 * cause is not a record, and splitting on would waste about 100,000 requests.
 */
const splitsWithoutProgressMax = 4;

/** Pages of a task before it is first compared with the counters of its job. */
const firstLookPages = 8;

interface Denial {
  readonly kind: 'park-event-type' | 'skip-event-type';
  readonly error: unknown;
  readonly atMs: number;
}

/** Executes tasks: attempts each until it is done, split, parked or released, as the error policy says. */
export class TaskAttempts {
  readonly #deps: TaskDeps;
  /** Event types that an account may not read. */
  readonly #denials = new Map<string, Denial>();
  /** By account. */
  readonly #refused = new Map<number, Refusal>();
  readonly #narrowing: WindowNarrowing;

  constructor(deps: TaskDeps) {
    this.#deps = deps;
    this.#narrowing = new WindowNarrowing(deps);
  }

  /** @throws the reason of the drain when the task was released: the queue then hands it out again. */
  async run(task: OwnedTask, signals: ExtractSignals, leavePlace: () => void): Promise<void> {
    const active = this.#activate(task, signals, leavePlace);
    const denial = this.#findDenial(task);
    if (denial !== undefined) return settleTask(active, denial, this.#deps);
    const end =
      task.failsSeconds === null
        ? await runWithPolicy(this.#workOf(active), this.#deps, signals.stop)
        : ({ kind: 'narrow', error: timedOutBefore } as const);
    if (end.kind === 'done') return this.#finish(active, end.result);
    if (end.kind === 'narrow' && task.window !== null) return this.#narrow(active, task.window, end.error);
    return this.#settle(active, end);
  }

  /** A window that times out is not cut everywhere at once: the width that works is found first, in one part of it. */
  async #narrow(active: ActiveTask, window: Window, error: unknown): Promise<void> {
    const search = { ...this.#workOf(active), attempt: () => this.#narrowing.find(active, window) };
    const end = await runWithPolicy(search, this.#deps, active.signals.stop);
    if (end.kind !== 'done') return this.#settle(active, end);
    const { result } = end;
    if (result.kind === 'split' && !isTooDear(active.task, window, result.widthSeconds))
      return splitByWidth(active, { window, ...result }, error, this.#deps);
    const { message = '', context = {} } = error instanceof PipelineError ? error : {};
    const { text, failsSeconds } = unreadableBy(result, message);
    const everywhere = new RetrieveTimedOutError(text, { ...context, failsSeconds }, { cause: error });
    return parkTask(active, everywhere, this.#deps, failsSeconds);
  }

  #settle(active: ActiveTask, end: { readonly kind: Final['kind']; readonly error: unknown }): Promise<void> {
    const { task } = active;
    if (end.kind === 'park-event-type' || end.kind === 'skip-event-type') {
      const { kind, error } = end;
      this.#denials.set(denialKey(task), { kind, error, atMs: this.#deps.now().getTime() });
    }
    if (end.kind === 'halt-account' && end.error instanceof Error) this.#refuse(active, end.error);
    return settleTask(active, end, this.#deps);
  }

  #activate(task: OwnedTask, signals: ExtractSignals, leavePlace: () => void): ActiveTask {
    const account = this.#deps.findAccount(task.accountId);
    if (account === undefined) throw new Error(`account ${task.accountId} is not served here`);
    const isExact = account.mayResume && (task.wasInterrupted || account.isCursorReplayable);
    const known = this.#refused.get(task.accountId);
    const refused = known?.follows(signals) === true ? known : new Refusal(signals);
    this.#refused.set(task.accountId, refused);
    return {
      ...{ task, account, refused, signals, leavePlace },
      cursor: isExact ? (task.requestId ?? undefined) : undefined,
      isCursorExact: task.wasInterrupted,
      uncountedRequests: 0,
    };
  }

  /** Tasks that were claimed before end like this one. Those that are claimed from now on are attempted. */
  #refuse({ task, refused }: ActiveTask, error: Error): void {
    refused.end(error);
    if (this.#refused.get(task.accountId) === refused) this.#refused.delete(task.accountId);
  }

  #findDenial(task: OwnedTask): Denial | undefined {
    const denial = this.#denials.get(denialKey(task));
    const isCurrent = denial !== undefined && this.#deps.now().getTime() - denial.atMs < deniedMs;
    return isCurrent ? denial : undefined;
  }

  #workOf(active: ActiveTask): Work<ExtractOutcome> {
    const { task, account } = active;
    const { attempts, restarts, accountId } = task;
    const { client, isCursorReplayable } = account;
    return {
      ...{ accountId, client, attempts, restarts, isCursorReplayable },
      fields: taskFields(task),
      canSplit: halveScope(task) !== undefined,
      isOptional: (findEventDefinition(task.eventType) ?? findDimension(task.eventType))?.isOptional === true,
      isMidway: () => active.cursor !== undefined,
      hasSplitWithoutProgress: () => hasSplitWithoutProgress(this.#deps.pool, task, splitsWithoutProgressMax),
      attempt: () => this.#extract(active),
      beforeRetry: (error, { countsAttempt, countsRestart, fromFirstPage }) => {
        if (fromFirstPage) active.cursor = undefined;
        const counted = { isAttempt: countsAttempt, isRestart: countsRestart };
        return writeTask(active, { state: 'running', failure: failureOf(error), ...counted }, this.#deps);
      },
    };
  }

  async #extract(active: ActiveTask): Promise<ExtractOutcome> {
    const { task, account, refused, signals, cursor } = active;
    try {
      return await holdSlot(active, this.#deps, ({ beforeNextPage, keepTurn, endTurn }) => {
        const { now, retention, privacy } = this.#deps;
        const { pseudonyms } = privacy;
        const attempt = { isFromStart: cursor === undefined, now: now(), retention, pseudonyms };
        const reading = taskKinds[task.kind].open(task, attempt);
        const extraction = { reading, client: account.client, continueFrom: cursor };
        const turn = { beforeNextPage: this.#withBudget(task, beforeNextPage), keepTurn, endTurn };
        const deps = { ...this.#extractDeps(active), ...turn };
        return runExtractTask(extraction, deps, { ...signals, abort: refused.abort });
      });
    } catch (error) {
      if (endsTheAccount(error)) this.#refuse(active, error);
      throw error;
    }
  }

  /** Looks at what was read so far after eight pages, sixteen, and so on: one query each. */
  #withBudget(task: OwnedTask, beforeNextPage: Turn['beforeNextPage']): Turn['beforeNextPage'] {
    let pages = 0;
    let nextLook = firstLookPages;
    return async () => {
      pages += 1;
      if (pages >= nextLook) {
        nextLook *= 2;
        await requireExplained(this.#deps.pool, task);
      }
      await beforeNextPage();
    };
  }

  #extractDeps(active: ActiveTask): Omit<ExtractDeps, keyof Turn> {
    const { pool, loader, partitions, privacy, pageSize, pagesMax, now, logger, onProgress } = this.#deps;
    const { task } = active;
    return {
      ...{ pool, loader, partitions, privacy, pageSize, pagesMax, now },
      onRequest: () => {
        active.isCursorExact = false;
        active.uncountedRequests += 1;
      },
      takeRequestCount: () => takeRequestCount(active),
      onPage: (page, inserted) => {
        active.cursor = page.requestId;
        const { requestId, recordCount, bytes, durationMs } = page;
        logger.debug(
          { ...taskFields(task), requestId, records: recordCount, inserted, bytes, durationMs },
          'page committed',
        );
        onProgress(task, recordCount, inserted);
      },
    };
  }

  async #finish(active: ActiveTask, outcome: ExtractOutcome): Promise<void> {
    const { task, signals } = active;
    switch (outcome) {
      case 'done':
        this.#deps.logger.info(taskFields(task), 'task done');
        return;
      case 'overflowed':
        if (task.kind !== 'arrivals') return splitTaskInHalves(active, undefined, this.#deps);
        // The rest is left: the mark has moved, and nothing follows from what is not read here.
        await writeTask(active, { state: 'skipped' }, this.#deps);
        return;
      case 'interrupted':
        await writeTask(active, { state: 'interrupted' }, this.#deps);
        throw signals.drain.reason;
    }
  }
}

/** Stands for the time-outs for which a task was parked: its narrowest part is tried first. */
const timedOutBefore = new RetrieveTimedOutError('The window timed out before, at every width');

function denialKey({ accountId, eventType }: OwnedTask): string {
  return `${accountId} ${eventType}`;
}
