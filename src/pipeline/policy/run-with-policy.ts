import { type ErrorCode, failureFields, PipelineError } from '../../errors.ts';
import type { LogFields, Logger } from '../../logger.ts';
import type { AccountClient } from '../../marketing-cloud/account-client.ts';
import { storeErrorFrom } from '../../store/connection/pool.ts';
import type { Gate } from '../admission/gate.ts';
import type { Sleep } from '../backoff.ts';
import { decide, type Final, type Retry, type WorkState } from './decide.ts';

export interface PolicyDeps {
  readonly gate: Pick<Gate, 'probeStatus'>;
  /** Halves the concurrency of an account; it recovers by itself. */
  readonly slowAccount: (accountId: number, code: ErrorCode) => Promise<void>;
  readonly retryBaseMs: number;
  /** The process runs until it is stopped. */
  readonly isService: boolean;
  readonly random: () => number;
  readonly sleep: Sleep;
  readonly logger: Logger;
}

/** Work for one account that can be attempted again. */
export interface Work<Result> {
  readonly accountId: number;
  readonly client: AccountClient;
  /** What log lines say of it. */
  readonly fields: LogFields;
  /** Failed attempts and restarts before this process took it. */
  readonly attempts: number;
  readonly restarts: number;
  readonly isCursorReplayable: boolean;
  readonly canSplit: boolean;
  /** Reads what an account need not have. */
  readonly isOptional: boolean;
  isMidway(): boolean;
  hasSplitWithoutProgress(): Promise<boolean>;
  attempt(): Promise<Result>;
  /** Takes note of a failure before the next attempt; false when the work is no longer ours. */
  beforeRetry(error: unknown, action: Retry): Promise<boolean>;
}

export type WorkEnd<Result> =
  | { readonly kind: 'done'; readonly result: Result }
  | { readonly kind: Final['kind']; readonly error: unknown };

/**
 * Attempts work until it succeeds or the error policy ends it; carrying out that end is up to the caller.
 *
 * Waits as decided between two attempts. A failure in between, such as a database that is away, is decided on
 * like a failure of the work itself. With `release` the error is the reason of the signal.
 */
export async function runWithPolicy<Result>(
  work: Work<Result>,
  deps: PolicyDeps,
  signal: AbortSignal,
): Promise<WorkEnd<Result>> {
  const counts: Counts = { attempts: work.attempts, restarts: work.restarts };
  let failure: { readonly error: unknown } | undefined;
  for (;;) {
    try {
      const end = failure && (await handleFailure(failure.error, { work, counts, deps, signal }));
      if (end !== undefined) return end;
      return { kind: 'done', result: await work.attempt() };
    } catch (thrown) {
      failure = { error: signal.aborted ? signal.reason : storeErrorFrom(thrown) };
    }
  }
}

interface Counts {
  attempts: number;
  restarts: number;
}

interface Handling {
  readonly work: Work<unknown>;
  readonly counts: Counts;
  readonly deps: PolicyDeps;
  readonly signal: AbortSignal;
}

/** Decides and waits; undefined when another attempt is due. */
async function handleFailure(
  error: unknown,
  { work, counts, deps, signal }: Handling,
): Promise<{ kind: Final['kind']; error: unknown } | undefined> {
  const action = await decideWithFacts(error, { work, counts, deps, signal });
  if (error instanceof PipelineError && action.kind !== 'release' && action.kind !== 'abandon') {
    const decided = { disposition: action.kind, attempts: counts.attempts + 1 };
    deps.logger.warn({ ...work.fields, ...failureFields(error), ...decided }, 'attempt failed');
  }
  if (action.slowsAccount === true && error instanceof PipelineError)
    await deps.slowAccount(work.accountId, error.code);
  if (action.kind !== 'retry') return { kind: action.kind, error };
  if (action.countsAttempt) counts.attempts += 1;
  if (action.countsRestart) counts.restarts += 1;
  if (action.waitMs > 0) await deps.sleep(action.waitMs, signal);
  return (await work.beforeRetry(error, action)) ? undefined : { kind: 'abandon', error };
}

/** Decides, learning the facts that turn out to matter. */
async function decideWithFacts(
  error: unknown,
  { work, counts, deps, signal }: Handling,
): Promise<Retry | Final> {
  let state: WorkState = {
    ...counts,
    isMidway: work.isMidway(),
    isCursorReplayable: work.isCursorReplayable,
    canSplit: work.canSplit,
    isOptional: work.isOptional,
    isStopping: signal.aborted,
    retryBaseMs: deps.retryBaseMs,
    isService: deps.isService,
    canPark: true,
    jitter: deps.random(),
  };
  for (;;) {
    const action = decide(error, state);
    if (action.kind === 'probe-status') {
      const isGateOpen = await deps.gate.probeStatus(work.client, signal, action.waitMs);
      state = { ...state, isGateOpen };
    } else if (action.kind === 'look-up-splits') {
      state = { ...state, hasSplitWithoutProgress: await work.hasSplitWithoutProgress() };
    } else {
      return action;
    }
  }
}
