import type { ErrorCode } from '../errors.ts';

/** What follows an error. Facts are in `errors.ts`; verdicts are here and nowhere else. */
export type Disposition =
  /** Again later, after a jittered back-off; when the tries are used up, `then`. */
  | {
      readonly verdict: 'retry';
      readonly attemptsMax: number;
      /** Ask GetSystemStatus first: the failure may have its cause there. */
      readonly isProbed: boolean;
      readonly then: 'park' | 'split';
    }
  /** Again later, much later, and with half the concurrency. */
  | { readonly verdict: 'slow'; readonly attemptsMax: number }
  /** In two halves. */
  | { readonly verdict: 'split' }
  /** The same window from its first page. */
  | { readonly verdict: 'restart' }
  /** When the gate opens; the try does not count. */
  | { readonly verdict: 'pause' }
  | { readonly verdict: 'park' }
  /** This task, and every other of the event type for this account, without asking. */
  | { readonly verdict: 'park-event-type' }
  /** The record, not the task. */
  | { readonly verdict: 'set-aside' }
  /** Without a word: somebody else owns the task. */
  | { readonly verdict: 'abandon' }
  | { readonly verdict: 'halt-account' }
  | { readonly verdict: 'halt' };

/** A new error code without a verdict does not compile. */
export const errorPolicy = {
  TRANSPORT_FAILED: { verdict: 'retry', attemptsMax: 5, isProbed: true, then: 'park' },
  SOURCE_FAULT: { verdict: 'retry', attemptsMax: 3, isProbed: true, then: 'park' },
  // The client has renewed the token once already; a second one in a row arrives as ACCOUNT_REFUSED.
  TOKEN_EXPIRED: { verdict: 'retry', attemptsMax: 2, isProbed: false, then: 'park' },
  RATE_LIMITED: { verdict: 'slow', attemptsMax: 8 },
  RETRIEVE_TIMED_OUT: { verdict: 'split' },
  RESPONSE_MALFORMED: { verdict: 'retry', attemptsMax: 3, isProbed: false, then: 'split' },
  CONTINUE_EXPIRED: { verdict: 'restart' },
  SOURCE_UNAVAILABLE: { verdict: 'pause' },
  RETRIEVE_FAILED: { verdict: 'retry', attemptsMax: 2, isProbed: true, then: 'park' },
  PERMISSION_DENIED: { verdict: 'park-event-type' },
  REQUEST_INVALID: { verdict: 'park' },
  RECORD_UNREADABLE: { verdict: 'set-aside' },
  STORE_UNAVAILABLE: { verdict: 'retry', attemptsMax: 10, isProbed: false, then: 'park' },
  STORE_REJECTED: { verdict: 'park' },
  OWNERSHIP_LOST: { verdict: 'abandon' },
  ACCOUNT_REFUSED: { verdict: 'halt-account' },
  CONFIG_INVALID: { verdict: 'halt' },
} as const satisfies Record<ErrorCode, Disposition>;

/** What the person on call is told about a task that was parked for this reason. */
export const operatorAdvice = {
  TRANSPORT_FAILED: 'Marketing Cloud could not be reached: check the network, then `tasks retry`',
  SOURCE_FAULT: 'Marketing Cloud answered with a fault again and again: `tasks retry`, or ask its support',
  TOKEN_EXPIRED: 'the token ended again and again: `tasks retry`',
  RATE_LIMITED: 'lower REQUESTS_PER_MINUTE or CONCURRENCY_PER_ACCOUNT, then `tasks retry`',
  RETRIEVE_TIMED_OUT:
    'even one second of one job times out: load that span from a tracking extract, as Marketing Cloud advises, then `tasks accept`',
  RESPONSE_MALFORMED:
    'the answer stays damaged however small the window: see docs/runbook.md, then `tasks retry` or `tasks accept`',
  CONTINUE_EXPIRED: 'the server forgot the request: `tasks retry`',
  SOURCE_UNAVAILABLE: 'maintenance or outage: it goes on by itself',
  RETRIEVE_FAILED: 'Marketing Cloud refused the retrieve with an unknown text: read it, then `tasks retry`',
  PERMISSION_DENIED:
    'grant the package the scope for this event type (tracking_events_read), then `tasks retry`',
  REQUEST_INVALID:
    'Marketing Cloud refused the request itself: a bug or an unusual account; report it with the text',
  RECORD_UNREADABLE: 'see `rejected`',
  STORE_UNAVAILABLE: 'Postgres was not there for too long: `tasks retry`',
  STORE_REJECTED: 'Postgres refused the rows: read the constraint named, then `tasks retry`',
  OWNERSHIP_LOST: 'nothing: another worker owns the task',
  ACCOUNT_REFUSED: 'check SFMC_CLIENT_ID, SFMC_CLIENT_SECRET and the package’s access to this business unit',
  CONFIG_INVALID: 'correct the settings named',
} as const satisfies Record<ErrorCode, string>;
