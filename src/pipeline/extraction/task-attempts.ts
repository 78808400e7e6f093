import { findDimension } from '../../dimensions/catalog.ts';
import { findEventDefinition } from '../../events/catalog.ts';
import { hasSplitWithoutProgress } from '../../store/ledger/task-lineage.ts';
import type { OwnedTask } from '../../store/ledger/task-ledger.ts';
import { halveScope } from '../planning/windows.ts';
import { endsTheAccount } from '../policy/error-policy.ts';
import { runWithPolicy, type Work } from '../policy/run-with-policy.ts';
import { type ActiveTask, takeRequestCount, type TaskDeps, taskFields } from './active-task.ts';
import {
  type ExtractDeps,
  type ExtractOutcome,
  type ExtractSignals,
  runExtractTask,
} from './extract-task.ts';
import { taskKinds } from './kinds/registry.ts';
import { failureOf, settleTask, splitTaskInHalves, writeTask } from './settle-task.ts';

/** How long to remember that an event type may not be read; changes of a package's scopes take minutes to apply. */
const deniedMs = 10 * 60_000;

/**
 * One unreadable record spoils only its own part of a window. If no part was readable after this many splits, the
 * cause is not a record, and splitting on would waste about 100,000 requests.
 */
const splitsWithoutProgressMax = 4;

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
  /** By account, see `ActiveTask`. */
  readonly #refused = new Map<number, AbortController>();

  constructor(deps: TaskDeps) {
    this.#deps = deps;
  }

  /** @throws the reason of the drain when the task was released: the queue then hands it out again. */
  async run(task: OwnedTask, signals: ExtractSignals): Promise<void> {
    const active = this.#activate(task, signals);
    const denial = this.#findDenial(task);
    if (denial !== undefined) return settleTask(active, denial, this.#deps);
    const end = await runWithPolicy(this.#workOf(active), this.#deps, signals.stop);
    if (end.kind === 'done') return this.#finish(active, end.result);
    if (end.kind === 'park-event-type' || end.kind === 'skip-event-type') {
      const { kind, error } = end;
      this.#denials.set(denialKey(task), { kind, error, atMs: this.#deps.now().getTime() });
    }
    if (end.kind === 'halt-account' && end.error instanceof Error) this.#refuse(active, end.error);
    return settleTask(active, end, this.#deps);
  }

  #activate(task: OwnedTask, signals: ExtractSignals): ActiveTask {
    const account = this.#deps.findAccount(task.accountId);
    if (account === undefined) throw new Error(`account ${task.accountId} is not served here`);
    const isExact = account.mayResume && (task.wasInterrupted || account.isCursorReplayable);
    const refused = this.#refused.get(task.accountId) ?? new AbortController();
    this.#refused.set(task.accountId, refused);
    return {
      ...{ task, account, refused, signals },
      cursor: isExact ? (task.requestId ?? undefined) : undefined,
      isCursorExact: task.wasInterrupted,
      uncountedRequests: 0,
    };
  }

  /** Tasks that were claimed before end like this one. Those that are claimed from now on are attempted. */
  #refuse({ task, refused }: ActiveTask, error: Error): void {
    refused.abort(error);
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
    const { slots, gate, now } = this.#deps;
    // A slot that is held while the gate is closed would exceed the reduced number when work resumes.
    await gate.waitToPrepare(account.client, signals.stop);
    let slot = await slots.acquire(task.accountId, signals.stop);
    const stop = AbortSignal.any([signals.stop, refused.signal]);
    const beforeNextPage = async () => {
      await gate.waitToPrepare(account.client, stop);
      if (!slots.isInExcess(task.accountId, slot)) return;
      slot.release();
      slot = await slots.acquire(task.accountId, stop);
    };
    try {
      refused.signal.throwIfAborted();
      const reading = taskKinds[task.kind].open(task, { isFromStart: cursor === undefined, now: now() });
      const extraction = { reading, client: account.client, continueFrom: cursor };
      const abort = AbortSignal.any([signals.abort, refused.signal]);
      return await runExtractTask(
        extraction,
        { ...this.#extractDeps(active), beforeNextPage },
        { ...signals, abort },
      );
    } catch (error) {
      if (endsTheAccount(error)) this.#refuse(active, error);
      throw error;
    } finally {
      slot.release();
    }
  }

  #extractDeps(active: ActiveTask): Omit<ExtractDeps, 'beforeNextPage'> {
    const { pool, loader, partitions, pageSize, pagesMax, now, logger, onProgress } = this.#deps;
    const { task } = active;
    return {
      ...{ pool, loader, partitions, pageSize, pagesMax, now },
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
        return splitTaskInHalves(active, undefined, this.#deps);
      case 'interrupted':
        await writeTask(active, { state: 'interrupted' }, this.#deps);
        throw signals.drain.reason;
    }
  }
}

function denialKey({ accountId, eventType }: OwnedTask): string {
  return `${accountId} ${eventType}`;
}
