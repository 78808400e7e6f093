import type { EventDefinition } from '../events/define-event.ts';
import { findUnfinishedBackfill, openRun, type RunOutcome } from '../store/ledger/run-log.ts';
import type { Window } from '../store/ledger/task-ledger.ts';
import { SourceUnavailableError } from '../errors.ts';
import { openAccount } from '../store/accounts.ts';
import { retryWhileUnavailable } from './backoff.ts';
import { discoverJobs } from './discovery/discover-jobs.ts';
import { adoptForSync, planBackfill, planSync } from './planning/plan-run.ts';
import {
  concludeRun,
  isAccountRefused,
  type Run,
  type RunAccount,
  type RunDeps,
  type RunSummary,
  waitUntilSettled,
  watchGate,
} from './run.ts';

export interface RunSelection {
  readonly accounts: readonly RunAccount[];
  readonly definitions: readonly EventDefinition[];
  readonly jobIds?: readonly number[] | undefined;
}

export interface SyncRequest extends RunSelection {
  /** The tick it serves; undefined when a person started it. */
  readonly scheduledAt?: Date | undefined;
}

export interface RunSignals {
  /** Told to stop: the run ends as interrupted. */
  readonly drain: AbortSignal;
  /** Something broke that no policy covers: the run halts and the reason is thrown. */
  readonly bug: AbortSignal;
}

/** A job found alive while a run was on is planned again in that run; more rounds find nothing new. */
const roundsMax = 3;

/**
 * Runs one sync: discovers jobs, plans what is owed, waits until all of it is settled.
 *
 * Undefined when another process serves the same tick.
 */
export async function runSync(
  request: SyncRequest,
  deps: RunDeps,
  signals: RunSignals,
): Promise<RunSummary | undefined> {
  const opened = await openRun(deps.pool, {
    kind: 'sync',
    ...runRow(request, deps),
    scheduledAt: request.scheduledAt,
  });
  if (opened === undefined) return undefined;
  const run = createRun('sync', opened, request);
  const origins = ['sync', 'deep_read'] as const;
  return lead(run, deps, signals, async (signal) => {
    const outlast = <Result>(work: () => Promise<Result>) => retryWhileUnavailable(work, signal);
    let planned = await eachAccount(run, (account) =>
      outlast(() => adoptForSync(planTarget(run, account), deps)),
    );
    const needsReplan = new Map<number, readonly number[]>();
    for (let round = 1; round <= roundsMax; round += 1) {
      planned += await eachAccount(run, async (account) => {
        const { accountId } = account;
        if (round === 1) await discoverJobs({ ...run, accountId }, deps, signal);
        if (await isAccountRefused(account, deps, signal)) return 0;
        const among = needsReplan.get(accountId);
        const plan = await outlast(() =>
          planSync(planTarget(run, account), planSettings(run, deps), deps, among),
        );
        needsReplan.set(accountId, plan.jobIds);
        return plan.tasks;
      });
      deps.onPlanned(run.runId, planned);
      // Also where nothing was planned: somebody else may be at it, or a plan's commit was not confirmed.
      await waitUntilSettled(run, origins, deps, signal);
      if (planned === 0) return;
      planned = 0;
    }
  });
}

export interface BackfillRequest extends RunSelection {
  readonly range: Window;
  readonly isOldestFirst: boolean;
  /** Reads afresh even where an interrupted backfill of the same request could go on. */
  readonly isForced: boolean;
}

/** Runs one backfill over an explicit range; watermarks stay. The same request again goes on where it stopped. */
export async function runBackfill(
  request: BackfillRequest,
  deps: RunDeps,
  signals: RunSignals,
): Promise<RunSummary> {
  const row = { kind: 'backfill' as const, ...runRow(request, deps), range: request.range };
  const unfinished = request.isForced ? undefined : await findUnfinishedBackfill(deps.pool, row);
  const opened = await openRun(deps.pool, row);
  if (opened === undefined) throw new Error('a backfill without a tick was refused its row');
  const run = createRun('backfill', opened, request);
  return lead(run, deps, signals, async (signal) => {
    const settings = {
      range: request.range,
      now: deps.now(),
      overlapMs: deps.overlapMs,
      sizing: deps.sizing,
      order: request.isOldestFirst ? (1 as const) : (-1 as const),
    };
    const planned = await eachAccount(run, async (account) => {
      await discoverJobs({ ...run, accountId: account.accountId }, deps, signal);
      if (await isAccountRefused(account, deps, signal)) return 0;
      return planBackfill(planTarget(run, account), settings, deps, unfinished);
    });
    deps.onPlanned(run.runId, planned);
    await waitUntilSettled(run, [], deps, signal);
  });
}

/** Does the work of a run until it ends, is told to stop, gives up at the gate, or breaks. */
async function lead(
  run: Run,
  deps: RunDeps,
  signals: RunSignals,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<RunSummary> {
  const gaveUp = new AbortController();
  const isOver = new AbortController();
  const signal = AbortSignal.any([signals.drain, signals.bug, gaveUp.signal]);
  const watching = watchGate(deps, gaveUp, isOver.signal);
  watching.catch(() => undefined); // an outage that lasts ends the work as well
  let ended: RunOutcome | undefined;
  try {
    for (const { accountId, isDefault } of run.accounts)
      await retryWhileUnavailable(() => openAccount(deps.pool, accountId, isDefault), signal);

    await work(signal);
  } catch (error) {
    if (signals.bug.aborted) {
      ended = 'halted';
    } else if (signals.drain.aborted) {
      ended = 'interrupted';
    } else if (gaveUp.signal.reason instanceof SourceUnavailableError) {
      ended = 'source_unavailable';
    } else {
      await concludeRun(run, 'halted', deps).catch(() => undefined);
      throw error;
    }
  } finally {
    isOver.abort();
    await watching.catch(() => undefined);
  }
  if (ended !== undefined) await deps.drainWorker();
  return concludeRun(run, ended, deps);
}

function createRun(
  kind: Run['kind'],
  { runId, startedAt }: { runId: number; startedAt: Date },
  { accounts, definitions, jobIds }: RunSelection,
): Run {
  return { runId, kind, startedAt, accounts, definitions, jobIds };
}

function runRow({ accounts, definitions, jobIds }: RunSelection, deps: RunDeps) {
  return {
    accountIds: accounts.map(({ accountId }) => accountId),
    eventTypes: definitions.map(({ name }) => name),
    jobIds,
    processId: deps.processId(),
  };
}

function planTarget({ runId, definitions, jobIds }: Run, { accountId }: RunAccount) {
  return { runId, accountId, definitions, jobIds };
}

function planSettings(run: Run, deps: RunDeps) {
  const { lookbackMs, settlingMs, overlapMs, sizing } = deps;
  const isForced = run.jobIds !== undefined;
  // One instant for the whole run, by the database's clock, as its checkpoints are.
  return { now: run.startedAt, lookbackMs, settlingMs, overlapMs, sizing, isForced };
}

/** Accounts have their own limits, so they go side by side; answers the sum, and the first failure ends the run. */
async function eachAccount(run: Run, work: (account: RunAccount) => Promise<number>): Promise<number> {
  const counts = await Promise.all(run.accounts.map(work));
  return counts.reduce((sum, count) => sum + count, 0);
}
