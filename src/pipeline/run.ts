import { failureFields, PipelineError, SourceUnavailableError } from '../errors.ts';
import type { EventDefinition } from '../events/define-event.ts';
import type { Logger } from '../logger.ts';
import { openAccount, refuseAccount } from '../store/accounts.ts';
import {
  addRunRequests,
  closeRun,
  hasOpenTasks,
  readRunCounts,
  type RunCounts,
  type RunKind,
  type RunOutcome,
  type WaitScope,
} from '../store/ledger/run-log.ts';
import type { TaskQueue } from '../store/ledger/task-queue.ts';
import { discoverJobs } from './discovery/discover-jobs.ts';
import type { DiscoveryDeps } from './discovery/read-dimension.ts';
import type { Gate } from './admission/gate.ts';
import { retryWhileUnavailable } from './backoff.ts';
import { endsOnlyTheWork, endsTheAccount } from './policy/error-policy.ts';
import type { ServedAccount } from './extraction/active-task.ts';
import type { WindowSizing } from './planning/windows.ts';
import type { Pool } from '../store/pool.ts';

/** How often a run looks whether its tasks are settled; one look at an index. */
const lookIntervalMs = 100;

export interface RunAccount extends ServedAccount {
  readonly accountId: number;
  readonly isDefault: boolean;
}

export interface RunDeps extends Omit<DiscoveryDeps, 'onRequest' | 'onRejected'> {
  readonly pool: Pool;
  readonly queue: TaskQueue;
  readonly gate: Gate;
  readonly processId: () => number;
  readonly settlingMs: number;
  readonly overlapMs: (definition: EventDefinition) => number;
  readonly sizing: WindowSizing;
  /** How long a run waits at a closed gate before it gives up; nothing is lost. */
  readonly gateWaitMs: number;
  readonly logger: Logger;
  readonly onPlanned: (runId: number, tasks: number) => void;
  /** Puts down what is in hand, so that an interrupted run counts all that it did. */
  readonly drainWorker: () => Promise<void>;
}

export interface RunProblem {
  readonly accountId: number;
  readonly code: string;
  readonly message: string;
}

/** What `--json` prints on its last line. */
export interface RunSummary extends RunCounts {
  readonly runId: number;
  readonly kind: RunKind;
  readonly outcome: RunOutcome;
  readonly accounts: readonly number[];
  readonly problems: readonly RunProblem[];
  readonly startedAt: Date;
  readonly finishedAt: Date;
}

/** One execution of sync or backfill while it lasts: its scope, and what has gone wrong. */
export interface Run {
  readonly runId: number;
  readonly kind: RunKind;
  readonly startedAt: Date;
  readonly accounts: readonly RunAccount[];
  readonly definitions: readonly EventDefinition[];
  readonly jobIds: readonly number[] | undefined;
  readonly problems: RunProblem[];
  readonly refused: Set<number>;
}

/** Discovers the jobs of one account; a failure becomes a problem of the run, and planning uses what is known. */
export async function discoverAccount(
  run: Run,
  account: RunAccount,
  deps: RunDeps,
  signal: AbortSignal,
): Promise<void> {
  const { accountId, client } = account;
  let requests = 0;
  try {
    const onRequest = () => {
      requests += 1;
    };
    const onRejected: DiscoveryDeps['onRejected'] = (objectType, count) => {
      if (count > 0) addRejection(run, accountId, objectType, deps);
    };
    await retryWhileUnavailable(async () => {
      const { jobsDiscoveredUntil } = await openAccount(deps.pool, accountId, account.isDefault);
      const discovered = { accountId, client, jobsDiscoveredUntil };
      await discoverJobs(discovered, { ...deps, onRequest, onRejected }, signal);
    }, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof PipelineError) || !(endsOnlyTheWork(error) || endsTheAccount(error))) throw error;
    run.problems.push({ accountId, code: error.code, message: error.message });
    deps.logger.error({ accountId, ...failureFields(error) }, 'jobs could not be discovered');
    if (endsTheAccount(error)) {
      run.refused.add(accountId);
      await refuseAccount(deps.pool, accountId, error.message);
    }
  } finally {
    if (requests > 0) await addRunRequests(deps.pool, run.runId, requests).catch(() => undefined);
  }
}

/** A job whose record cannot be read is not asked for events: that must not pass in silence. */
function addRejection(run: Run, accountId: number, objectType: string, deps: RunDeps): void {
  const message = `a record of ${objectType} could not be read, so what it describes is not known: see \`rejected\``;
  run.problems.push({ accountId, code: 'RECORD_UNREADABLE', message });
  deps.logger.error({ accountId, reason: message }, 'jobs could not be read');
}

/** Waits until every task in scope is settled, whoever works on it. */
export async function waitUntilSettled(
  run: Run,
  origins: WaitScope['origins'],
  deps: RunDeps,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const accountIds = run.accounts.map(({ accountId }) => accountId).filter((id) => !run.refused.has(id));
    const eventTypes = run.definitions.map(({ name }) => name);
    const scope = { runId: run.runId, accountIds, eventTypes, jobIds: run.jobIds, origins };
    if (!(await retryWhileUnavailable(() => hasOpenTasks(deps.pool, scope), signal))) return;
    await deps.sleep(lookIntervalMs, signal);
  }
}

/** Aborts once the gate has been closed for longer than the run may wait; ends by itself with the signal. */
export async function watchGate(deps: RunDeps, giveUp: AbortController, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && !giveUp.signal.aborted) {
    const closed = await retryWhileUnavailable(() => deps.gate.closedForLong(deps.gateWaitMs), signal);
    if (closed !== undefined) {
      const { closedAt, reason } = closed;
      giveUp.abort(new SourceUnavailableError(reason ?? 'Marketing Cloud is not available', { closedAt }));
      return;
    }
    await deps.sleep(lookIntervalMs, signal).catch(() => undefined);
  }
}

/** Ends the run with what it came to, and says what it did. */
export async function concludeRun(
  run: Run,
  ended: RunOutcome | undefined,
  deps: RunDeps,
): Promise<RunSummary> {
  const eventTypes = run.definitions.map(({ name }) => name);
  // A run that was told to stop, or failed, does not wait for its database besides.
  const signal = ended === undefined ? new AbortController().signal : AbortSignal.abort();
  const counts = await retryWhileUnavailable(() => readRunCounts(deps.pool, run.runId, eventTypes), signal);
  const outcome = ended ?? outcomeOf(run, counts);
  await retryWhileUnavailable(() => closeRun(deps.pool, run.runId, outcome, counts), signal);
  const { runId, kind, startedAt, problems } = run;
  const accounts = run.accounts.map(({ accountId }) => accountId);
  return { runId, kind, outcome, accounts, ...counts, problems, startedAt, finishedAt: deps.now() };
}

function outcomeOf(run: Run, counts: RunCounts): RunOutcome {
  if (run.refused.size > 0 && run.accounts.every(({ accountId }) => run.refused.has(accountId)))
    return 'halted';
  const isRejecting = Object.values(counts.events).some(({ rejected }) => rejected > 0);
  const hasProblems = counts.tasks.parked > 0 || isRejecting || run.problems.length > 0;
  return hasProblems ? 'completed_with_problems' : 'completed';
}
