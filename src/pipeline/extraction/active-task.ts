import type { PipelineError } from '../../errors.ts';
import type { EventDefinition } from '../../events/define-event.ts';
import type { Logger } from '../../logger.ts';
import type { AccountClient } from '../../marketing-cloud/account-client.ts';
import type { SlotLimiter } from '../../store/slots.ts';
import type { OwnedTask } from '../../store/ledger/task-ledger.ts';
import type { TaskQueue } from '../../store/ledger/task-queue.ts';
import type { ExtractDeps, ExtractSignals } from './extract-task.ts';
import type { Gate } from '../admission/gate.ts';
import type { Sleep } from '../backoff.ts';
import type { Pool } from '../../store/pool.ts';

export interface ServedAccount {
  readonly client: AccountClient;
  /** A repeated continue request was seen to give the same page. */
  readonly isCursorReplayable: boolean;
  /** An interrupted window may continue by RequestID; otherwise each begins with its first page. */
  readonly mayResume: boolean;
}

export interface TaskDeps extends Pick<
  ExtractDeps,
  'loader' | 'partitions' | 'pageSize' | 'pagesMax' | 'now'
> {
  readonly pool: Pool;
  readonly queue: TaskQueue;
  readonly slots: SlotLimiter;
  readonly processId: number;
  readonly gate: Gate;
  readonly findAccount: (accountId: number) => ServedAccount | undefined;
  readonly findDefinition: (eventType: string) => EventDefinition | undefined;
  readonly retryBaseMs: number;
  readonly random: () => number;
  readonly sleep: Sleep;
  readonly logger: Logger;
  /** An account whose credentials were refused takes no more tasks. */
  readonly onAccountRefused: (accountId: number, error: PipelineError) => void;
  readonly onBug: (error: unknown) => void;
  readonly onProgress: (task: OwnedTask, records: number, inserted: number) => void;
}

/** A task that this worker is executing. */
export interface ActiveTask {
  readonly task: OwnedTask;
  readonly definition: EventDefinition;
  readonly account: ServedAccount;
  readonly signals: ExtractSignals;
  attempts: number;
  restarts: number;
  /** RequestID to continue from; undefined: from the first page. */
  cursor: string | undefined;
  /** No request has left since the page that the cursor came with: continuing from it is exact. */
  isCursorExact: boolean;
  /** Requests that have left and are not in the ledger yet. */
  uncountedRequests: number;
  /** The ledger has its state already. */
  isReleased: boolean;
}

/** Requests for the ledger; counted once. */
export function takeRequestCount(active: ActiveTask): number {
  const count = active.uncountedRequests;
  active.uncountedRequests = 0;
  return count;
}

/** What log lines say of a task. */
export function taskFields(task: OwnedTask): Record<string, unknown> {
  const { taskId, accountId, jobId, eventType, window } = task;
  return { taskId, accountId, jobId, eventType, windowFrom: window.from, windowTo: window.to };
}
