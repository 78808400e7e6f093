import { type ErrorCode, SourceUnavailableError } from '../errors.ts';
import type { EventDefinition } from '../events/define-event.ts';
import type { Logger } from '../logger.ts';
import { openAccount } from '../store/accounts.ts';
import {
  closeRun,
  openRun,
  readRunCounts,
  type RunCounts,
  type RunKind,
  type RunOutcome,
} from '../store/ledger/runs/run-log.ts';
import type { Window } from '../store/ledger/task-ledger.ts';
import type { Gate } from './admission/gate.ts';
import { retryWhileUnavailable } from './backoff.ts';
import type { DiscoveryDeps } from './discovery/discover-jobs.ts';
import type { ServedAccount } from './extraction/active-task.ts';
import type { WindowSizing } from './planning/windows.ts';
import { findRunProblems, isEveryAccountRefused, type RunProblem } from './run-problems.ts';

/** How often a run looks whether the gate has been closed for too long. */
const gateLookMs = 100;

export interface RunAccount extends ServedAccount {
  readonly accountId: number;
  readonly isDefault: boolean;
}

export interface RunDeps extends DiscoveryDeps {
  readonly now: () => Date;
  readonly gate: Gate;
  readonly processId: () => number;
  readonly settlingMs: number;
  readonly overlapMs: (definition: EventDefinition) => number;
  readonly sizing: WindowSizing;
  readonly pageSize: number;
  /** After it, what has arrived since the last request. */
  readonly readsArrivals: boolean;
  /** How long a run waits at a closed gate before it gives up; nothing is lost. */
  readonly gateWaitMs: number;
  readonly logger: Logger;
  readonly onPlanned: (runId: number, tasks: number) => void;
  /** Drains the worker of this process, so that an interrupted run counts all that it did. */
  readonly drainWorker: () => Promise<void>;
}

export interface RunSignals {
  /** The run ends as interrupted. */
  readonly drain: AbortSignal;
  /** Something broke that no policy covers: the run ends as halted, and the reason is thrown. */
  readonly fatal: AbortSignal;
}

/** What a run reads. */
export interface RunSelection {
  readonly accounts: readonly RunAccount[];
  readonly definitions: readonly EventDefinition[];
  readonly jobIds?: readonly number[] | undefined;
}

export interface RunRequest extends RunSelection {
  readonly kind: RunKind;
  /** The tick it serves; undefined when a person started it. */
  readonly scheduledAt?: Date | undefined;
  /** Of a backfill. */
  readonly range?: Window | undefined;
  /** The latest of the runs that a backfill continues. */
  readonly continuesRunId?: number | undefined;
}

/** One execution of sync or backfill while it lasts. */
export interface Run extends RunRequest {
  readonly runId: number;
  readonly startedAt: Date;
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

/**
 * The life of a run: creates it, does its work until it is finished or has to end, closes it with its outcome.
 *
 * It ends early as interrupted when the process drains, as halted when something breaks, and as
 * source_unavailable when the gate has been closed for longer than it may wait. Undefined when another process
 * serves the same tick.
 */
export async function executeRun(
  request: RunRequest,
  deps: RunDeps,
  signals: RunSignals,
  work: (run: Run, signal: AbortSignal) => Promise<void>,
): Promise<RunSummary | undefined> {
  const signal = AbortSignal.any([signals.drain, signals.fatal]);
  const opened = await retryWhileUnavailable(() => openRun(deps.pool, runRow(request, deps)), signal);
  if (opened === undefined) return undefined;
  const run = { ...request, ...opened };
  const ended = await runToEnd(run, deps, signals, async (signal) => {
    await openAccounts(run, deps, signal);
    await work(run, signal);
  });
  if (ended !== undefined) await deps.drainWorker();
  return concludeRun(run, ended, deps);
}

/** The run as its row in the database. */
export function runRow(
  { accounts, definitions, jobIds, kind, scheduledAt, range, continuesRunId }: RunRequest,
  deps: RunDeps,
) {
  return {
    ...{ kind, scheduledAt, range, jobIds, continuesRunId },
    accountIds: accounts.map(({ accountId }) => accountId),
    eventTypes: definitions.map(({ name }) => name),
    processId: deps.processId(),
  };
}

/** Why the run had to end before its work was finished; undefined when it is finished. */
async function runToEnd(
  run: Run,
  deps: RunDeps,
  signals: RunSignals,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<RunOutcome | undefined> {
  const gaveUp = new AbortController();
  const isOver = new AbortController();
  const watching = watchGate(deps, gaveUp, isOver.signal);
  watching.catch(() => undefined); // an outage of the database ends the work as well
  try {
    await work(AbortSignal.any([signals.drain, signals.fatal, gaveUp.signal]));
    return undefined;
  } catch (error) {
    if (signals.fatal.aborted) return 'halted';
    if (signals.drain.aborted) return 'interrupted';
    if (gaveUp.signal.aborted) return 'source_unavailable';
    await concludeRun(run, 'halted', deps).catch(() => undefined);
    throw error;
  } finally {
    isOver.abort();
    await watching.catch(() => undefined);
  }
}

/** Aborts once the gate has been closed for longer than the run may wait; ends by itself with the signal. */
export async function watchGate(
  deps: Pick<RunDeps, 'gate' | 'gateWaitMs' | 'sleep'>,
  giveUp: AbortController,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const closed = await retryWhileUnavailable(() => deps.gate.closedForLong(deps.gateWaitMs), signal);
    if (closed !== undefined) {
      const { closedAt, reason } = closed;
      giveUp.abort(new SourceUnavailableError(reason ?? 'Marketing Cloud is not available', { closedAt }));
      return;
    }
    await deps.sleep(gateLookMs, signal).catch(() => undefined);
  }
}

/** A new run gives refused credentials another chance. */
async function openAccounts(run: Run, { pool }: RunDeps, signal: AbortSignal): Promise<void> {
  for (const { accountId, isDefault } of run.accounts)
    await retryWhileUnavailable(() => openAccount(pool, accountId, isDefault), signal);
}

/** Closes the run with its outcome, and returns what it did. */
async function concludeRun(run: Run, ended: RunOutcome | undefined, deps: RunDeps): Promise<RunSummary> {
  const { runId, kind, startedAt, accounts } = run;
  // A run that had to end does not wait for its database as well.
  const signal = ended === undefined ? new AbortController().signal : AbortSignal.abort();
  const outlast = <Result>(query: () => Promise<Result>) => retryWhileUnavailable(query, signal);
  const accountIds = accounts.map(({ accountId }) => accountId);
  const eventTypes = run.definitions.map(({ name }) => name);
  const counts = await outlast(() => readRunCounts(deps.pool, runId, eventTypes));
  const scope = { runId, accountIds, jobIds: run.jobIds, isFinished: ended === undefined };
  const problems = await outlast(() => findRunProblems(scope, deps.pool));
  const isAllRefused = isEveryAccountRefused(problems, accountIds);
  const outcome = ended ?? (isAllRefused ? 'halted' : outcomeOf(counts, problems));
  // Parked tasks and refused credentials were logged when they happened.
  for (const { accountId, code, message: reason } of problems) {
    if (code === unreadableCode)
      deps.logger.error({ runId, accountId, reason }, 'records of a dimension could not be read');
  }

  await outlast(() => closeRun(deps.pool, runId, outcome, counts));
  return {
    runId,
    kind,
    outcome,
    accounts: accountIds,
    ...counts,
    problems,
    startedAt,
    finishedAt: deps.now(),
  };
}

const unreadableCode: ErrorCode = 'RECORD_UNREADABLE';

function outcomeOf(counts: RunCounts, problems: readonly RunProblem[]): RunOutcome {
  const isRejecting = Object.values(counts.events).some(({ rejected }) => rejected > 0);
  const hasProblems = counts.tasks.parked > 0 || isRejecting || problems.length > 0;
  return hasProblems ? 'completed_with_problems' : 'completed';
}
