import type { ErrorCode } from '../errors.ts';

/** What a person can do about a task that stopped with this code. */
export const taskAdvice: Readonly<Record<ErrorCode, string>> = {
  TRANSPORT_FAILED: 'the connection failed again and again: check the network, then `tasks retry`',
  SOURCE_FAULT: 'Marketing Cloud failed again and again: `tasks retry` later, else ask its support',
  TOKEN_EXPIRED: 'nothing to do: the token is renewed',
  RATE_LIMITED: 'lower REQUESTS_PER_MINUTE or CONCURRENCY_PER_ACCOUNT, then `tasks retry`',
  RETRIEVE_TIMED_OUT:
    'even one second of one job times out: `tasks retry` at a quiet hour; for spans this dense Marketing Cloud advises a data extract: load it there, then `tasks accept`',
  RESPONSE_MALFORMED: 'the answer is broken each time: `tasks retry`, else ask Marketing Cloud support',
  CONTINUE_EXPIRED: 'nothing to do: the window is read again',
  SOURCE_UNAVAILABLE: 'nothing to do: it waits for Marketing Cloud',
  RETRIEVE_FAILED: 'Marketing Cloud refused with this text: `tasks retry`, else ask its support',
  PERMISSION_DENIED: 'grant the package the scope for this object type, then `tasks retry`',
  REQUEST_INVALID: 'our request was refused: a bug or an unusual account; please report it',
  RECORD_UNREADABLE: 'nothing to do: the record was set aside',
  STORE_UNAVAILABLE: 'the database failed again and again: check it, then `tasks retry`',
  STORE_REJECTED: 'the database refused the rows: please report it',
  OWNERSHIP_LOST: 'nothing to do: another worker has it',
  ACCOUNT_REFUSED: 'check the credentials of this account, then `tasks retry`',
  CONFIG_INVALID: 'correct the setting, then `tasks retry`',
};
