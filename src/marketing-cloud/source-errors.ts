import {
  AccountRefusedError,
  ContinueExpiredError,
  PermissionDeniedError,
  type ErrorContext,
  FeatureMissingError,
  type PipelineError,
  RateLimitedError,
  RequestInvalidError,
  RetrieveFailedError,
  RetrieveTimedOutError,
  SoapFaultError,
  TokenExpiredError,
  TransportError,
} from '../errors.ts';
import { hideSecrets } from '../known-secrets.ts';
import { printableLine } from '../printable.ts';
import type { Fault } from './response/response-parser.ts';

type ErrorClass = new (message: string, context?: ErrorContext) => PipelineError;

interface Rule {
  /** Where it appears: in a SOAP fault, in an overall status, or as the HTTP status of a body without SOAP. */
  readonly where: 'fault' | 'overallStatus' | 'http';
  /** Matched against fault text, apifault message and overall status. */
  readonly text?: RegExp;
  /** Matched against the local name of the faultcode. */
  readonly faultCode?: RegExp;
  /** The apifault's number, or the HTTP status. */
  readonly numbers?: readonly number[];
  readonly error: ErrorClass;
}

/** Marketing Cloud's own text is not known; assumed from what it says of other features. */
const featureMissing = /feature.* not (?:enabled|available)|not enabled for (?:this|your) account/i;

/** The number of the fault "Login Failed". */
export const loginFailedCode = 12;

/** All errors the source is known to send. The first rule of which one condition matches decides. */
const sourceErrorRules: readonly Rule[] = [
  { where: 'fault', text: /token expired/i, error: TokenExpiredError },
  {
    where: 'fault',
    text: /login failed/i,
    faultCode: /^Security$/i,
    numbers: [loginFailedCode],
    error: AccountRefusedError,
  },
  { where: 'fault', text: /rate limit/i, numbers: [17], error: RateLimitedError },
  { where: 'fault', text: /API Permission Failed/i, numbers: [11], error: PermissionDeniedError },
  { where: 'fault', text: featureMissing, error: FeatureMissingError },
  { where: 'fault', text: /DeserializationException|error in XML document/i, error: RequestInvalidError },
  { where: 'fault', faultCode: /^(?:Client|Sender)$/i, numbers: [8], error: RequestInvalidError },
  // Maintenance (9) and outage (2) are among the rest: GetSystemStatus decides whether the gate closes.
  { where: 'fault', text: /^/, error: SoapFaultError },

  // Newer SQL clients write `Execution Timeout Expired`.
  { where: 'overallStatus', text: /timeout expired|wait operation timed out/i, error: RetrieveTimedOutError },
  {
    where: 'overallStatus',
    text: /RequestID sent through ContinueRequest does not exist/i,
    error: ContinueExpiredError,
  },
  { where: 'overallStatus', text: /API Permission Failed/i, error: PermissionDeniedError },
  { where: 'overallStatus', text: featureMissing, error: FeatureMissingError },
  { where: 'overallStatus', text: /Request Property\(s\) .* do not match/i, error: RequestInvalidError },
  { where: 'overallStatus', text: /Unable to find a handler for object type/i, error: FeatureMissingError },
  { where: 'overallStatus', text: /Invalid column name/i, error: RequestInvalidError },
  { where: 'overallStatus', text: /Unknown filter of type/i, error: RequestInvalidError },
  { where: 'overallStatus', text: /Incorrect syntax near/i, error: RequestInvalidError },
  { where: 'overallStatus', text: /Filter array cannot be null/i, error: RequestInvalidError },
  { where: 'overallStatus', text: /rate limited/i, error: RateLimitedError },
  // Deadlocks, `Object reference not set…`, `No rows were found`, bare `Error`, an empty or a new status.
  { where: 'overallStatus', text: /^/, error: RetrieveFailedError },

  { where: 'http', numbers: [429], error: RateLimitedError },
  // With a token: an expired one, reported by what stands before the SOAP service.
  { where: 'http', numbers: [401], error: TokenExpiredError },
  { where: 'http', numbers: [400, 404, 405, 410, 413, 415], error: RequestInvalidError },
  { where: 'http', text: /^/, error: TransportError },
];

/** The error of a fault. With a token, a refused login is first treated as an expired token. */
export function faultError(fault: Fault, auth: AuthKind, context: ErrorContext): PipelineError {
  const { detailMessage = '' } = fault;
  const said = fault.text.includes(detailMessage) ? fault.text : `${fault.text} ${detailMessage}`;
  const found = findClass('fault', said, fault.code, fault.detailCode);
  const details = { ...context, faultCode: redactSourceText(fault.code), detailCode: fault.detailCode };
  const text = `Marketing Cloud sent a fault: ${redactSourceText(said)}`;
  if (found === AccountRefusedError && auth === 'oauth') return new TokenExpiredError(text, details);
  if (found === AccountRefusedError || (found === TokenExpiredError && auth === 'usernameToken'))
    return new AccountRefusedError(`${text}. Check SFMC_USERNAME and SFMC_PASSWORD`, details);

  return new found(text, details);
}

/** The error of an overall status; undefined for the two that are not errors. */
export function overallStatusError(
  overallStatus: string | undefined,
  context: ErrorContext,
): PipelineError | undefined {
  if (overallStatus === 'OK' || overallStatus === 'MoreDataAvailable') return undefined;
  const found = findClass('overallStatus', overallStatus ?? '');
  if (!overallStatus) return new found('The response has no overall status', context);
  const hint =
    found === PermissionDeniedError ? '. The package needs the scope that reads this object type' : '';
  return new found(
    `Marketing Cloud returned: ${redactSourceText(overallStatus).replace(/\.$/, '')}${hint}`,
    context,
  );
}

/** The error of an HTTP status whose body is not SOAP. */
export function httpError(
  status: number,
  retryAfterMs: number | undefined,
  context: ErrorContext,
  cause?: unknown,
): PipelineError {
  const found = findClass('http', '', '', status);
  const details = { ...context, httpStatus: status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  const error = new found(`Marketing Cloud returned HTTP ${status} without a SOAP response`, details);
  if (cause !== undefined) error.cause = cause;
  return error;
}

export type AuthKind = 'oauth' | 'usernameToken';

function findClass(where: Rule['where'], text: string, faultCode = '', number?: number): ErrorClass {
  const rule = sourceErrorRules.find(
    (candidate) =>
      candidate.where === where &&
      (candidate.text?.test(text) === true ||
        candidate.faultCode?.test(faultCode) === true ||
        (number !== undefined && candidate.numbers?.includes(number) === true)),
  );
  return rule?.error ?? RetrieveFailedError;
}

/** `Retry-After` in milliseconds, given as seconds or as a date; undefined if it is neither. */
export function parseRetryAfter(value: string | string[] | undefined, now: Date): number | undefined {
  const text = (Array.isArray(value) ? value[0] : value)?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const until = Date.parse(text);
  return Number.isNaN(until) ? undefined : Math.max(0, until - now.getTime());
}

/** Where a redirect leads; undefined without one. */
export function locationOf(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): string | undefined {
  const { location } = headers;
  return typeof location === 'string' ? location : undefined;
}

// Enough for a log line and a table cell; Marketing Cloud's support finds the whole text by the RequestID.
const textCharsMax = 500;
// The longest property name has 31 characters; a longer quoted text is a value, and may be personal data.
const longQuotedValue = /(["'])[^"']{40,}\1/g;
// What follows the words is a person's key, whatever its form.
const subscriberKey =
  /\b((?:subscriber|contact)[ _]?key)(["']?\s*[:=]\s*["']?|\s+["']|\s+(?:is|was|of|equals)\s+["']?|\s+(?=\S*\d))[^\s"',;()[\]]+/gi;
// Ids of Salesforce and of Marketing Cloud, digests and tokens: letters and digits mixed, longer than a word.
const longId = /\b(?=[\w-]*\d)(?=[\w-]*[a-z])[\w-]{15,}/gi;
const emailAddress = /[^\s<>"'@,;:()[\]]{1,254}@[^\s<>"'@,;()[\]]+/g;
const urlText = /\bhttps?:\/\/\S+/gi;

/** An error text of the source on one line, without the parts that may quote data. */
export function redactSourceText(text: string): string {
  return printableLine(hideSecrets(text).slice(0, 4 * textCharsMax))
    .replaceAll(urlText, '[url]')
    .replaceAll(emailAddress, '[address]')
    .replaceAll(longQuotedValue, '[value]')
    .replaceAll(subscriberKey, '$1$2[value]')
    .replaceAll(longId, '[value]')
    .replaceAll(/\s+/gu, ' ')
    .trim()
    .slice(0, textCharsMax);
}
