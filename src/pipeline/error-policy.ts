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
