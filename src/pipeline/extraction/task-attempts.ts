import { PermissionDeniedError } from '../../errors.ts';
import { changeTask, type OwnedTask } from '../../store/ledger/task-ledger.ts';
import { type ExtractDeps, type ExtractSignals, runExtractTask } from './extract-task.ts';
import { splitInHalves, applyPolicy, park, release } from './apply-policy.ts';
import { type ActiveTask, takeRequestCount, type TaskDeps, taskFields } from './active-task.ts';

/** A scope that was missing is believed to be missing for so long: a change takes minutes to take effect. */
const deniedMs = 10 * 60_000;

/** Tries a task until it is done, cut, parked or put down, as the policy says. */
export class TaskAttempts {
  readonly #deps: TaskDeps;
  /** Event types whose scope is missing, and when that was found. */
  readonly #deniedTypes = new Map<string, number>();

  constructor(deps: TaskDeps) {
    this.#deps = deps;
  }

  /** @throws the reason of the drain when the task was put down: the queue then hands it out again. */
  async run(task: OwnedTask, signals: ExtractSignals): Promise<void> {
    const definition = this.#deps.findDefinition(task.eventType);
    if (definition === undefined) throw new Error(`event type ${task.eventType} is not in the catalog`);
    const account = this.#deps.findAccount(task.accountId);
    if (account === undefined) throw new Error(`account ${task.accountId} is not served here`);
    const isExact = account.mayResume && (task.wasInterrupted || account.isCursorReplayable);
    await this.#execute({
      task,
      definition,
      account,
      signals,
      attempts: task.attempts,
      restarts: task.restarts,
      cursor: isExact ? (task.requestId ?? undefined) : undefined,
      isCursorExact: task.wasInterrupted,
      uncountedRequests: 0,
      isReleased: false,
    });
  }

  async #execute(active: ActiveTask): Promise<void> {
    const { task, signals } = active;
    if (this.#isDenied(task)) {
      await park(active, this.#deps, new PermissionDeniedError('the scope for this event type is missing'));
      return;
    }
    for (let isGoingOn = true; isGoingOn;) {
      try {
        isGoingOn = await this.#tryOnce(active);
      } catch (error) {
        if (signals.drain.aborted || signals.abort.aborted) {
          await release(active, this.#deps);
          throw error;
        }
        if (error instanceof PermissionDeniedError) this.#deny(task);
        isGoingOn = await applyPolicy(active, this.#deps, error);
      }
    }
  }

  #deny(task: OwnedTask): void {
    this.#deniedTypes.set(deniedKey(task), this.#deps.now().getTime());
  }

  #isDenied(task: OwnedTask): boolean {
    const foundAtMs = this.#deniedTypes.get(deniedKey(task)) ?? -Infinity;
    return this.#deps.now().getTime() - foundAtMs < deniedMs;
  }

  /** True when the task is to be tried again at once. */
  async #tryOnce(active: ActiveTask): Promise<boolean> {
    const { task, definition, account, signals } = active;
    const { slots, gate, logger } = this.#deps;
    // A slot that was taken before the gate closed is one too many when work resumes.
    await gate.waitUntilOpen(account.client, signals.stop);
    const slot = await slots.acquire(task.accountId, signals.stop);
    try {
      const extraction = { task, definition, client: account.client, continueFrom: active.cursor };
      const outcome = await runExtractTask(extraction, this.#extractDeps(active), signals);
      if (outcome === 'interrupted') {
        await changeTask(this.#deps.pool, task, { state: 'interrupted' });
        active.isReleased = true;
        throw signals.drain.reason;
      }
      if (outcome === 'overflowed') return await splitInHalves(active, this.#deps);
      logger.info(taskFields(task), 'task done');
      return false;
    } finally {
      slot.release();
    }
  }

  #extractDeps(active: ActiveTask): ExtractDeps {
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
}

function deniedKey({ accountId, eventType }: OwnedTask): string {
  return `${accountId} ${eventType}`;
}
