import { type ErrorCode, errorCodes, PipelineError } from '../../errors.ts';

/** What follows an error, in general; `decide` makes an action of it, which depends on the state of the work. */
export type Disposition =
  /** Another attempt after a jittered back-off; `then`, when the attempts are used up. */
  | ({
      readonly verdict: 'retry';
      readonly attemptsMax: number;
      readonly probe: Probe;
      readonly then: 'park' | 'split' | 'halt-account';
      /** The waits are those of an account that was asked to slow down. */
      readonly isSlow?: boolean;
    } & NextRead)
  /** Another attempt much later, with half the concurrency for the account. */
  | ({ readonly verdict: 'slow'; readonly attemptsMax: number } & NextRead)
  /** Parts of the widest window that can be read. */
  | ({ readonly verdict: 'narrow'; readonly probe: Probe } & NextRead)
  /** The same window from its first page; after a few times it is split. */
  | { readonly verdict: 'restart' }
  /** Another attempt when the gate opens; this one does not count. */
  | { readonly verdict: 'pause' }
  /** Ends a run; a service makes another attempt each minute, until a person has corrected the setting. */
  | { readonly verdict: 'unreachable' }
  | { readonly verdict: 'park' }
  /**
   * Parks this task, and every other of its event type for this account, without a request. Skips them where the
   * type is of a feature that an account need not have.
   */
  | { readonly verdict: 'park-event-type' }
  /** Rejects one record; the work continues. */
  | { readonly verdict: 'set-aside' }
  /** Nothing: another worker owns the task. */
  | { readonly verdict: 'abandon' }
  | { readonly verdict: 'halt-account' }
  | { readonly verdict: 'halt' };

/**
 * Whether GetSystemStatus is asked first, because an outage may explain the failure. `unanswered`: only if no
 * complete response came; a response that reports the failure itself is not an outage.
 */
type Probe = 'always' | 'unanswered' | 'never';

interface NextRead {
  /**
   * Where the next attempt begins after a failure on a continue request: the server's cursor may have moved.
   * `restart`: from the first page, which counts as a restart, since a smaller window may get through.
   * `reread`: from the first page without counting it: a smaller window would meet the same failure.
   * Both continue by RequestID instead where the account's cursors are known to repeat a page.
   * `reread-always`: from the first page in any case: pages that had arrived were lost.
   */
  readonly next: 'restart' | 'reread' | 'reread-always';
}

interface Advice {
  /** What a person can do about a task that stopped with this code. */
  readonly advice: string;
  /** The same for the request of a Tracking Extract, where it differs. */
  readonly extractAdvice?: string;
  /** The connection failed, not what was done with it. */
  readonly isOfConnection?: true;
}

/** The verdict and the advice on each error; one without both does not compile. */
export const errorPolicy = {
  TRANSPORT_FAILED: {
    ...{ verdict: 'retry', attemptsMax: 5, probe: 'always', next: 'restart', then: 'park' },
    advice: 'the connection failed again and again: check the network, then `tasks retry`',
    isOfConnection: true,
  },
  SOURCE_FAULT: {
    ...{ verdict: 'retry', attemptsMax: 3, probe: 'always', next: 'restart', then: 'park' },
    advice: 'Marketing Cloud failed again and again: `tasks retry` later, else ask its support',
  },
  // The client has renewed the token once already; a second one in a row arrives as ACCOUNT_REFUSED.
  TOKEN_EXPIRED: {
    ...{ verdict: 'retry', attemptsMax: 2, probe: 'never', next: 'restart', then: 'park' },
    advice: 'nothing to do: the token is renewed',
  },
  RATE_LIMITED: {
    ...{ verdict: 'slow', attemptsMax: 8, next: 'reread' },
    advice: 'lower REQUESTS_PER_MINUTE or CONCURRENCY_PER_ACCOUNT, then `tasks retry`',
  },
  RETRIEVE_TIMED_OUT: {
    ...{ verdict: 'narrow', probe: 'unanswered', next: 'reread' },
    advice:
      'even its narrowest part times out: `tasks retry` at a quiet hour; for spans this dense Marketing Cloud advises a data extract: load it there, then `tasks accept`',
  },
  RESPONSE_MALFORMED: {
    ...{ verdict: 'retry', attemptsMax: 3, probe: 'never', next: 'restart', then: 'split' },
    advice: 'the response is damaged each time: `tasks retry`, else ask Marketing Cloud support',
  },
  BUDGET_EXCEEDED: {
    verdict: 'park',
    advice: 'what is loaded stays: `tasks retry` at a quiet hour, else ask Marketing Cloud support',
  },
  CONTINUE_EXPIRED: {
    verdict: 'restart',
    advice: 'Marketing Cloud forgot the request each time: `tasks retry`, else ask its support',
  },
  SOURCE_UNAVAILABLE: { verdict: 'pause', advice: 'nothing to do: it waits for Marketing Cloud' },
  SOURCE_UNREACHABLE: {
    verdict: 'unreachable',
    advice: 'correct the address in the settings; the next run continues',
    isOfConnection: true,
  },
  RETRIEVE_FAILED: {
    ...{ verdict: 'retry', attemptsMax: 2, probe: 'always', next: 'restart', then: 'park' },
    advice: 'Marketing Cloud refused with this text: `tasks retry`, else ask its support',
    extractAdvice: 'ask Salesforce support whether Tracking Extracts are enabled for the account',
  },
  PERMISSION_DENIED: {
    verdict: 'park-event-type',
    advice: 'grant the package the scope for this object type, then `tasks retry`',
    extractAdvice:
      'the package may not request extracts: grant it the scopes of Automation Studio (read, write, execute) and of tracking events',
  },
  FEATURE_MISSING: {
    verdict: 'park-event-type',
    advice: 'the account lacks the feature of this object type: ask Salesforce, then `tasks retry`',
    extractAdvice:
      'Tracking Extracts are not enabled for the account: ask Salesforce support to enable the Data Extract activity of this type',
  },
  REQUEST_INVALID: {
    verdict: 'park',
    advice: 'our request was refused: a bug or an unusual account; please report it',
    extractAdvice:
      'the account does not accept the request: ask Salesforce support whether Tracking Extracts are enabled',
  },
  RECORD_UNREADABLE: { verdict: 'set-aside', advice: 'nothing to do: the record was set aside' },
  STORE_UNAVAILABLE: {
    ...{ verdict: 'retry', attemptsMax: 10, probe: 'never', next: 'reread-always', then: 'park' },
    advice: 'the database failed again and again: check it, then `tasks retry`',
  },
  STORE_REJECTED: { verdict: 'park', advice: 'the database refused the rows: please report it' },
  OWNERSHIP_LOST: { verdict: 'abandon', advice: 'nothing to do: another worker has it' },
  PROCESS_DIED: {
    verdict: 'park',
    advice: 'see why the process died (its memory limit, the log of the machine), then `tasks retry`',
  },
  // Spells of it are reported to pass; the client has renewed the token before each.
  LOGIN_FAILED: {
    ...{
      verdict: 'retry',
      attemptsMax: 3,
      probe: 'never',
      next: 'reread',
      then: 'halt-account',
      isSlow: true,
    },
    advice: 'check the credentials of this account, then `tasks retry`',
  },
  ACCOUNT_REFUSED: {
    verdict: 'halt-account',
    advice: 'check the credentials of this account, then `tasks retry`',
  },
  CONFIG_INVALID: { verdict: 'halt', advice: 'correct the setting, then `tasks retry`' },
} as const satisfies Record<ErrorCode, Disposition & Advice>;

/** What a person can do about the refused request of a Tracking Extract; undefined where the error says it all. */
export function extractAdvice(code: ErrorCode): string | undefined {
  const policy: Advice = errorPolicy[code];
  return policy.extractAdvice;
}

/** Whether the process cannot go on: an error that is not ours is a bug. */
export function endsTheProcess(error: unknown): boolean {
  return !(error instanceof PipelineError) || errorPolicy[error.code].verdict === 'halt';
}

/** Whether an error is about one record, which is set aside, and not about the work. */
export function isOfOneRecord(error: unknown): boolean {
  return error instanceof PipelineError && errorPolicy[error.code].verdict === 'set-aside';
}

/** Whether the connection failed, which may work again at the next attempt. */
export function isOfConnection(error: unknown): error is PipelineError {
  if (!(error instanceof PipelineError)) return false;
  const policy: Advice = errorPolicy[error.code];
  return policy.isOfConnection === true;
}

/** Whether an error of that code, in the end, means that the account's credentials are refused. */
export function isRefusalOfAccount(code: string): boolean {
  const known = errorCodes.find((one) => one === code);
  if (known === undefined) return false;
  const policy: Disposition = errorPolicy[known];
  return policy.verdict === 'halt-account' || (policy.verdict === 'retry' && policy.then === 'halt-account');
}

/** Whether an error ends all work of the account. */
export function endsTheAccount(error: unknown): error is PipelineError {
  return error instanceof PipelineError && errorPolicy[error.code].verdict === 'halt-account';
}
