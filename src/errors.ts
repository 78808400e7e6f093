import { printableLine } from './printable.ts';

/**
 * Everything that can go wrong, one class each; what follows is decided in `pipeline/policy/`.
 *
 * Match on `code`, never on text.
 */
export abstract class PipelineError extends Error {
  abstract readonly code: ErrorCode;
  readonly #context: ErrorContext;

  constructor(message: string, context: ErrorContext = {}, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.#context = { ...context };
  }

  get context(): Readonly<ErrorContext> {
    return this.#context;
  }

  /** Adds what a caller knows and the place where it was thrown did not; what is known already stays. */
  addContext(context: ErrorContext): void {
    for (const [name, value] of Object.entries(context)) this.#context[name] ??= value;
  }
}

/** What an error knows of the failure: ids, counts and names, never payloads or secrets. */
export interface ErrorContext {
  [name: string]: unknown;
  objectType?: string | undefined;
  /** It was a continue request, so the server's cursor may have moved. */
  isContinue?: boolean | undefined;
  /** No complete response came. */
  isUnanswered?: boolean | undefined;
  /** This service has never responded. */
  isFirstContact?: boolean | undefined;
  /** Code of Node or undici for a failed connection. */
  errorCode?: string | undefined;
  /** Where a redirect leads. */
  location?: string | undefined;
  httpStatus?: number | undefined;
  /** RequestID of the response that reports or is the failure. */
  requestId?: string | undefined;
  /** The wait that Marketing Cloud asks for. */
  retryAfterMs?: number | undefined;
  /** Where the XML is damaged, in bytes of the decompressed response. */
  byteOffset?: number | undefined;
  faultCode?: string | undefined;
  /** The number in the fault's detail. */
  detailCode?: number | undefined;
  sqlState?: string | undefined;
  /** What a person can do about a connection that fails. */
  advice?: string | undefined;
  constraint?: string | undefined;
  table?: string | undefined;
}

/** One text from outside, cut to a line of a log and free of characters that a terminal or Postgres cannot take. */
const detailCharsMax = 200;

/** What an error knows of a failure, as the ledger keeps it: flat, short, and storable whatever the source sent. */
export function failureDetails({ context }: PipelineError): Record<string, string | number | boolean> {
  const details: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(context)) {
    if (typeof value === 'number' || typeof value === 'boolean') details[name] = value;
    if (typeof value === 'string') details[name] = printableLine(value).slice(0, detailCharsMax);
  }
  return details;
}

/** A failure in fields of a log line: code, text, and everything that the error knows. */
export function failureFields(error: unknown): Record<string, unknown> {
  if (error instanceof PipelineError) return { code: error.code, reason: error.message, ...error.context };
  return { reason: error instanceof Error ? error.message : String(error) };
}

/** Every code, in the order of the table in docs/runbook.md. */
export const errorCodes = [
  'TRANSPORT_FAILED',
  'SOURCE_FAULT',
  'TOKEN_EXPIRED',
  'RATE_LIMITED',
  'RETRIEVE_TIMED_OUT',
  'RESPONSE_MALFORMED',
  'BUDGET_EXCEEDED',
  'CONTINUE_EXPIRED',
  'SOURCE_UNAVAILABLE',
  'SOURCE_UNREACHABLE',
  'RETRIEVE_FAILED',
  'PERMISSION_DENIED',
  'FEATURE_MISSING',
  'REQUEST_INVALID',
  'RECORD_UNREADABLE',
  'STORE_UNAVAILABLE',
  'STORE_REJECTED',
  'OWNERSHIP_LOST',
  'PROCESS_DIED',
  'LOGIN_FAILED',
  'ACCOUNT_REFUSED',
  'CONFIG_INVALID',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** Connection refused or lost, our own timeout, 5xx without a SOAP fault, HTML instead of XML. */
export class TransportError extends PipelineError {
  readonly code = 'TRANSPORT_FAILED';
}

/** Marketing Cloud sent a SOAP server fault that has no class of its own here. */
export class SoapFaultError extends PipelineError {
  readonly code = 'SOURCE_FAULT';
}

/** The token expired during the run; a second one in a row means that the account is refused. */
export class TokenExpiredError extends PipelineError {
  readonly code = 'TOKEN_EXPIRED';
}

/** Marketing Cloud asks us to slow down (HTTP 429, or the SOAP fault "Rate Limited", code 17). */
export class RateLimitedError extends PipelineError {
  readonly code = 'RATE_LIMITED';
}

/** The window is too large for the server: `Error: Timeout expired…`, or no response within our timeout. */
export class RetrieveTimedOutError extends PipelineError {
  readonly code = 'RETRIEVE_TIMED_OUT';
}

/** The response is not the XML it should be: truncated, not well-formed, too large, or of the wrong shape. */
export class ResponseMalformedError extends PipelineError {
  readonly code = 'RESPONSE_MALFORMED';
}

/** A planned window has cost more requests, or brought more records, than anything explains. */
export class BudgetExceededError extends PipelineError {
  readonly code = 'BUDGET_EXCEEDED';
}

/** Marketing Cloud no longer knows the RequestID that a continue request carried. */
export class ContinueExpiredError extends PipelineError {
  readonly code = 'CONTINUE_EXPIRED';
}

/** Marketing Cloud is in maintenance or has an outage: the gate is closed. */
export class SourceUnavailableError extends PipelineError {
  readonly code = 'SOURCE_UNAVAILABLE';
}

/** A service of Marketing Cloud that has never responded: a setting names the wrong address. */
export class SourceUnreachableError extends PipelineError {
  readonly code = 'SOURCE_UNREACHABLE';
}

/** `Error: …` with a text that has no class of its own here, or an unknown overall status. */
export class RetrieveFailedError extends PipelineError {
  readonly code = 'RETRIEVE_FAILED';
}

/** The credentials lack the scope for this object type. */
export class PermissionDeniedError extends PipelineError {
  readonly code = 'PERMISSION_DENIED';
}

/** The account does not have the feature that this object type belongs to. */
export class FeatureMissingError extends PipelineError {
  readonly code = 'FEATURE_MISSING';
}

/** Marketing Cloud refused the request itself: property, filter, object type or schema. */
export class RequestInvalidError extends PipelineError {
  readonly code = 'REQUEST_INVALID';
}

/** One record cannot be typed: it is rejected with its reason, and the rest of the page loads. */
export class RecordUnreadableError extends PipelineError {
  readonly code = 'RECORD_UNREADABLE';
}

/** Postgres refused or dropped the connection, or ended a deadlock; the same statement may succeed later. */
export class StoreUnavailableError extends PipelineError {
  readonly code = 'STORE_UNAVAILABLE';
}

/** Postgres refused the rows themselves; the same statement will fail again. */
export class StoreRejectedError extends PipelineError {
  readonly code = 'STORE_REJECTED';
}

/** Another worker owns the task now; nothing was written. */
export class OwnershipLostError extends PipelineError {
  readonly code = 'OWNERSHIP_LOST';
}

/** Every process that executed the task died before it committed a page. */
export class ProcessDiedError extends PipelineError {
  readonly code = 'PROCESS_DIED';
}

/** Marketing Cloud says that the login failed, with a new token: reported to pass by itself now and then. */
export class LoginFailedError extends PipelineError {
  readonly code = 'LOGIN_FAILED';
}

/** Marketing Cloud refuses the account's credentials. */
export class AccountRefusedError extends PipelineError {
  readonly code = 'ACCOUNT_REFUSED';
}

/** One or more settings are wrong; the message names each of them. */
export class ConfigInvalidError extends PipelineError {
  readonly code = 'CONFIG_INVALID';
}
