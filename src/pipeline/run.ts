import { type ErrorCode, SourceUnavailableError } from '../errors.ts';
import type { EventDefinition } from '../events/define-event.ts';
import type { Logger } from '../logger.ts';
import { findRefusedAccounts } from '../store/accounts.ts';
import { findReadingProblems } from '../store/ledger/discovery.ts';
import {
  closeRun,
  hasOpenTasks,
  readRunCounts,
  type RunCounts,
  type RunKind,
  type RunOutcome,
  type WaitScope,
} from '../store/ledger/run-log.ts';
import { findUnknownJobs } from '../store/jobs.ts';
import type { DiscoveryDeps } from './discovery/discover-jobs.ts';
import type { Gate } from './admission/gate.ts';
import { retryWhileUnavailable } from './backoff.ts';
import { waitWhile } from './wait-while.ts';
import type { ServedAccount } from './extraction/active-task.ts';
import type { WindowSizing } from './planning/windows.ts';

/** How often a run looks whether the gate has been closed for too long. */
const lookIntervalMs = 100;

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
  /** How long a run waits at a closed gate before it gives up; nothing is lost. */
  readonly gateWaitMs: number;
  readonly logger: Logger;
  readonly onPlanned: (runId: number, tasks: number) => void;
  /** Releases the active tasks, so that an interrupted run counts everything that it did. */
  readonly drainWorker: () => Promise<void>;
}

export interface RunProblem {
  /** Null where it is of no account in particular. */
  readonly accountId: number | null;
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

/** One execution of sync or backfill while it lasts. */
export interface Run {
  readonly runId: number;
  readonly kind: RunKind;
  readonly startedAt: Date;
  readonly accounts: readonly RunAccount[];
  readonly definitions: readonly EventDefinition[];
  readonly jobIds: readonly number[] | undefined;
}

/** Whether the credentials of an account were refused in this run; no more tasks are planned for it then. */
export async function isAccountRefused(
  { accountId }: RunAccount,
  { pool }: RunDeps,
  signal: AbortSignal,
): Promise<boolean> {
  const refused = await retryWhileUnavailable(() => findRefusedAccounts(pool, [accountId]), signal);
  return refused.length > 0;
}

/** Waits until every task in scope is settled, whichever process executes it. */
export async function waitUntilSettled(
  run: Run,
  origins: WaitScope['origins'],
  deps: RunDeps,
  signal: AbortSignal,
): Promise<void> {
  const { runId, jobIds } = run;
  const scope = { runId, accountIds: accountIdsOf(run), eventTypes: eventTypesOf(run), jobIds, origins };
  await waitWhile(() => hasOpenTasks(deps.pool, scope), deps.sleep, signal);
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

/** Ends the run: closes it with its outcome, and returns what it did. */
export async function concludeRun(
  run: Run,
  ended: RunOutcome | undefined,
  deps: RunDeps,
): Promise<RunSummary> {
  const { runId, kind, startedAt } = run;
  // A run that was stopped, or failed, does not wait for its database besides.
  const signal = ended === undefined ? new AbortController().signal : AbortSignal.abort();
  const outlast = <Result>(work: () => Promise<Result>) => retryWhileUnavailable(work, signal);
  const counts = await outlast(() => readRunCounts(deps.pool, runId, eventTypesOf(run)));
  const refused = await outlast(() => findRefusedAccounts(deps.pool, accountIdsOf(run)));
  const problems: RunProblem[] = [
    ...refused.map(({ accountId, reason }) => ({ accountId, code: refusedCode, message: reason })),
    ...(await outlast(() => findReadingProblems(deps.pool, runId))),
    // A run that ended early may not have discovered them.
    ...(ended === undefined ? await outlast(() => findUnknownJobProblems(run, deps)) : []),
  ];
  const isAllRefused = refused.length > 0 && refused.length === run.accounts.length;
  const outcome = ended ?? (isAllRefused ? 'halted' : outcomeOf(counts, problems));
  await outlast(() => closeRun(deps.pool, runId, outcome, counts));
  const accounts = accountIdsOf(run);
  return { runId, kind, outcome, accounts, ...counts, problems, startedAt, finishedAt: deps.now() };
}

/** A job that was named and that no account has is most likely a typing error: that must not pass in silence. */
async function findUnknownJobProblems(run: Run, { pool }: RunDeps): Promise<RunProblem[]> {
  if (run.jobIds === undefined) return [];
  const accountIds = accountIdsOf(run);
  const unknown = await findUnknownJobs(pool, accountIds, run.jobIds);
  if (unknown.length === 0) return [];
  const jobs = unknown.length === 1 ? `job ${unknown.join()} is` : `jobs ${unknown.join(', ')} are`;
  const accounts = `account${accountIds.length === 1 ? '' : 's'} ${accountIds.join(', ')}`;
  return [{ accountId: null, code: 'JOB_UNKNOWN', message: `--jobs: ${jobs} not known in ${accounts}` }];
}

const refusedCode: ErrorCode = 'ACCOUNT_REFUSED';

function outcomeOf(counts: RunCounts, problems: readonly RunProblem[]): RunOutcome {
  const isRejecting = Object.values(counts.events).some(({ rejected }) => rejected > 0);
  const hasProblems = counts.tasks.parked > 0 || isRejecting || problems.length > 0;
  return hasProblems ? 'completed_with_problems' : 'completed';
}

function accountIdsOf({ accounts }: Run): number[] {
  return accounts.map(({ accountId }) => accountId);
}

function eventTypesOf({ definitions }: Run): string[] {
  return definitions.map(({ name }) => name);
}
