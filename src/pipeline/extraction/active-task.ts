import type { AccountClient } from '../../marketing-cloud/account-client.ts';
import type { OwnedTask } from '../../store/ledger/task-ledger.ts';
import type { TaskQueue } from '../../store/queue/task-queue.ts';
import type { Pool } from '../../store/connection/pool.ts';
import type { SlotLimiter } from '../../store/slots/slots.ts';
import type { Gate } from '../admission/gate.ts';
import type { Retention } from '../event-bounds.ts';
import type { PolicyDeps } from '../policy/run-with-policy.ts';
import type { ExtractDeps, ExtractSignals } from './extract-task.ts';
import type { Refusal } from './refusal.ts';

export interface ServedAccount {
  readonly client: AccountClient;
  /** A repeated continue request was seen to give the same page. */
  readonly isCursorReplayable: boolean;
  /** An interrupted window may continue by RequestID; otherwise each begins with its first page. */
  readonly mayResume: boolean;
}

export interface TaskDeps
  extends
    PolicyDeps,
    Pick<ExtractDeps, 'loader' | 'partitions' | 'privacy' | 'pageSize' | 'pagesMax' | 'now'> {
  readonly pool: Pool;
  readonly retention: Retention;
  readonly queue: TaskQueue;
  readonly gate: Gate;
  readonly slots: SlotLimiter;
  readonly findAccount: (accountId: number) => ServedAccount | undefined;
  /** A bug, or a setting that is wrong: the process cannot go on. */
  readonly onFatal: (error: unknown) => void;
  readonly onProgress: (task: OwnedTask, records: number, inserted: number) => void;
}

/** A task that this worker is executing. */
export interface ActiveTask {
  readonly task: OwnedTask;
  readonly account: ServedAccount;
  readonly refused: Refusal;
  readonly signals: ExtractSignals;
  /** Lets the worker begin another task in its place. */
  readonly leavePlace: () => void;
  /** RequestID to continue from; undefined: from the first page. */
  cursor: string | undefined;
  /** No request has left since the page that the cursor came with: continuing from it is exact. */
  isCursorExact: boolean;
  /** Requests that have left and are not in the ledger yet. */
  uncountedRequests: number;
}

/** Requests for the ledger; counted once. */
export function takeRequestCount(active: ActiveTask): number {
  const count = active.uncountedRequests;
  active.uncountedRequests = 0;
  return count;
}

/** What log lines say of a task. */
export function taskFields(task: OwnedTask): Record<string, unknown> {
  const { taskId, kind, accountId, jobId, eventType, window } = task;
  const windowFields = window === null ? {} : { windowFrom: window.from, windowTo: window.to };
  return { taskId, kind, accountId, jobId, eventType, ...windowFields };
}
