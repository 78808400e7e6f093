import { PipelineError } from '../../errors.ts';
import { backoffMs, slowDownMs } from '../backoff.ts';
import { type Disposition, errorPolicy } from './error-policy.ts';

/** What a decision depends on besides the error. */
export interface WorkState {
  /** Failed attempts that count, before this one. */
  readonly attempts: number;
  /** Times the window was read again from its first page because of the source. */
  readonly restarts: number;
  /** The attempt continued, or would continue, by a RequestID. */
  readonly isMidway: boolean;
  /** A repeated continue request is known to bring the same page. */
  readonly isCursorReplayable: boolean;
  readonly canSplit: boolean;
  /** Reads what an account need not have. */
  readonly isOptional: boolean;
  /** Told to stop. */
  readonly isStopping: boolean;
  /** The process runs until it is stopped: it waits for a person instead of ending. */
  readonly isService: boolean;
  /** What fails for good can wait for a person in the ledger. */
  readonly canPark: boolean;
  /** Whether the gate is open after the status was probed about this failure; undefined: not probed. */
  readonly isGateOpen?: boolean | undefined;
  /** Whether the window was split several times and no part could be read; undefined: not looked up. */
  readonly hasSplitWithoutProgress?: boolean | undefined;
  /** First step of the back-off. */
  readonly retryBaseMs: number;
  /** Where in its step a back-off ends, from 0 to 1. */
  readonly jitter: number;
}

export type Action =
  /** Learn whether an outage explains the failure, then decide again. */
  | { readonly kind: 'probe-status'; readonly waitMs: number }
  /** Learn whether splitting has brought progress, then decide again. */
  | { readonly kind: 'look-up-splits' }
  | Retry
  | Final;

/** Another attempt, after a wait. */
export interface Retry {
  readonly kind: 'retry';
  readonly waitMs: number;
  readonly countsAttempt: boolean;
  readonly countsRestart: boolean;
  readonly fromFirstPage: boolean;
  /** Halve the concurrency of the account. */
  readonly slowsAccount: boolean;
}

/** No further attempt here. */
export interface Final {
  readonly kind:
    | 'split'
    /** Search for a width of the window that works; a task without a window is split. */
    | 'narrow'
    | 'park'
    | 'park-event-type'
    /** Settles the task, and every other of its event type for this account, until the type is requested again. */
    | 'skip-event-type'
    /** Gives the work back as it is, for this process or another to take later. */
    | 'release'
    | 'abandon'
    | 'halt-account'
    | 'halt';
  /** Halve the concurrency of the account. */
  readonly slowsAccount?: boolean;
}

/** A window that the source made us begin again this often is split: then progress is certain. */
const restartsMax = 2;

/** How long to wait for a system-status result before the last attempt, in first steps of the back-off. */
const lastProbeSteps = 30;

/** Where only time or a person can help, a service makes an attempt after this time. */
const serviceWaitMs = 60_000;

/**
 * Decides what follows a failed attempt; pure, and the only place that interprets the error policy.
 *
 * Facts that cost a request or a query are not in the state at first: where one matters, the action is to
 * learn it. What a closed gate explains counts neither as an attempt nor as a restart. Every other path is
 * limited by attempts, by restarts, or by a window that cannot be split any further.
 */
export function decide(error: unknown, state: WorkState): Action {
  if (state.isStopping) return { kind: 'release' };
  // An error that is not ours is a bug.
  if (!(error instanceof PipelineError)) return { kind: 'halt' };
  const policy: Disposition = errorPolicy[error.code];
  switch (policy.verdict) {
    case 'retry':
      return probeFirst(policy, error, state) ?? retry(policy, state);
    case 'slow':
      return slowDown(policy, error, state);
    case 'narrow':
      return (
        probeFirst(policy, error, state) ?? { kind: state.canSplit ? 'narrow' : 'park', slowsAccount: true }
      );
    case 'restart':
      return restart(state);
    case 'pause':
      return waitAtGate('reread', state);
    case 'unreachable':
      return state.isService ? waitAsService(state) : { kind: 'halt' };
    case 'park':
    case 'set-aside': // a record is never a reason to end a task; where it does, a person must look
      return { kind: 'park' };
    case 'park-event-type':
      return { kind: state.isOptional ? 'skip-event-type' : 'park-event-type' };
    case 'abandon':
    case 'halt-account':
    case 'halt':
      return { kind: policy.verdict };
  }
}

type Retried = Extract<Disposition, { verdict: 'retry' }>;
type NextRead = Retried['next'];

/** Undefined: the status says nothing about this failure, or the gate is open. */
function probeFirst(
  policy: Extract<Disposition, { verdict: 'retry' | 'narrow' }>,
  error: PipelineError,
  state: WorkState,
): Action | undefined {
  const mayBeOutage =
    policy.probe === 'always' || (policy.probe === 'unanswered' && error.context.isUnanswered);
  if (mayBeOutage !== true) return undefined;
  if (state.isGateOpen === undefined) {
    const isLast = policy.verdict === 'retry' && state.attempts >= policy.attemptsMax;
    return { kind: 'probe-status', waitMs: isLast ? state.retryBaseMs * lastProbeSteps : 0 };
  }
  return state.isGateOpen ? undefined : waitAtGate(policy.next, state);
}

/** The next request waits at the gate. */
function waitAtGate(next: NextRead, state: WorkState): Retry {
  return { ...retryNow, fromFirstPage: isReread(next, state) };
}

/** The next attempt is made after a minute, and this one does not count. */
function waitAsService(state: WorkState): Retry {
  return { ...retryNow, waitMs: serviceWaitMs, fromFirstPage: isReread('reread', state) };
}

function retry(policy: Retried, state: WorkState): Action {
  const { attempts, retryBaseMs, jitter } = state;
  if (attempts >= policy.attemptsMax) return exhausted[policy.then](state);

  const waitMs =
    policy.isSlow === true
      ? slowDownMs(attempts, retryBaseMs, undefined)
      : backoffMs(attempts, retryBaseMs, () => jitter);
  return again(policy.next, { ...retryNow, waitMs, countsAttempt: true }, state);
}

function slowDown(
  policy: Extract<Disposition, { verdict: 'slow' }>,
  error: PipelineError,
  state: WorkState,
): Action {
  const { attempts, retryBaseMs } = state;
  if (attempts >= policy.attemptsMax) return parkOrWait(state);
  const waitMs = slowDownMs(attempts, retryBaseMs, error.context.retryAfterMs);
  return again(policy.next, { ...retryNow, waitMs, countsAttempt: true, slowsAccount: true }, state);
}

function again(next: NextRead, action: Retry, state: WorkState): Action {
  const fromFirstPage = isReread(next, state);
  const countsRestart = fromFirstPage && next === 'restart';
  if (countsRestart && state.restarts >= restartsMax && state.canSplit) return splitOrPark(state);
  return { ...action, fromFirstPage, countsRestart };
}

function restart(state: WorkState): Action {
  if (state.restarts >= restartsMax) return splitOrPark(state);
  return { ...retryNow, fromFirstPage: true, countsRestart: true };
}

/** What follows when the attempts are used up. */
const exhausted = {
  park: parkOrWait,
  split: splitOrPark,
  'halt-account': () => ({ kind: 'halt-account' }),
} as const satisfies Record<Retried['then'], (state: WorkState) => Action>;

/** A service outlasts at its start what it outlasts later, when there are tasks to park. */
function parkOrWait(state: WorkState): Action {
  return state.canPark || !state.isService ? { kind: 'park' } : waitAsService(state);
}

function splitOrPark(state: WorkState): Action {
  if (!state.canSplit) return parkOrWait(state);
  if (state.hasSplitWithoutProgress === undefined) return { kind: 'look-up-splits' };
  return { kind: state.hasSplitWithoutProgress ? 'park' : 'split' };
}

function isReread(next: NextRead, { isMidway, isCursorReplayable }: WorkState): boolean {
  return next === 'reread-always' || (isMidway && !isCursorReplayable);
}

const retryNow: Retry = {
  kind: 'retry',
  waitMs: 0,
  countsAttempt: false,
  countsRestart: false,
  fromFirstPage: false,
  slowsAccount: false,
};
