import type { Fault, FaultRule } from '../../../simulator/faults/faults.ts';
import { errorTexts } from '../error-texts.ts';

/** The state of the events after a run that met the fault. */
export type Fate =
  /** All are in the tables; exit 0. */
  | 'exact'
  /** A span is parked and the watermark is before it; exit 1. */
  | 'parked'
  /** The record that cannot be read is kept with its reason, all others are loaded; exit 1. */
  | 'set aside'
  /** The gate is closed and the tasks wait in the ledger; exit 4. */
  | 'waiting'
  /** The credentials are refused and the tasks wait in the ledger; exit 3. */
  | 'refused'
  /** The jobs could not be read and the run says so; jobs that are known already are loaded; exit 1. */
  | 'reported';

export interface FaultCase {
  readonly name: string;
  readonly fault: Fault;
  /** After one such response to a page of events. */
  readonly once: Fate;
  /** While every such page gets that response. */
  readonly stays: Fate;
  /** Whether an outage could explain it, so that GetSystemStatus is asked. */
  readonly isStatusAsked: boolean;
  /** Applies only to longer windows, as time-outs do. */
  readonly windowLongerThanMs?: number;
  /** After one such response to the list of jobs. */
  readonly onceOnJobs: Fate;
}

export type PagePlace = 'first' | 'middle' | 'last';

export const pagePlaces: readonly PagePlace[] = ['first', 'middle', 'last'];

const hourMs = 3_600_000;
const broad = { windowLongerThanMs: 6 * hourMs };

const error = (text: string): Fault => ({ kind: 'error', text });
const passing = { once: 'exact', stays: 'parked', onceOnJobs: 'exact' } as const;
const explained = { ...passing, isStatusAsked: true } as const;
const unexplained = { ...passing, isStatusAsked: false } as const;
const invalid = { once: 'parked', stays: 'parked', isStatusAsked: false, onceOnJobs: 'reported' } as const;
const shortened = { ...passing, stays: 'exact', isStatusAsked: false, ...broad } as const;

/** Every fault that a page of events may meet, in the order of docs/faults.md. */
export const faultCases: readonly FaultCase[] = [
  { name: 'HTTP 503 with HTML', fault: { kind: 'http', status: 503 }, ...explained },
  { name: 'HTTP 502 with nothing', fault: { kind: 'http', status: 502, body: '' }, ...explained },
  {
    name: 'HTTP 429 with Retry-After: 0',
    fault: { kind: 'http', status: 429, headers: { 'Retry-After': '0' } },
    ...unexplained,
  },
  { name: 'HTTP 400 with text', fault: { kind: 'http', status: 400, body: 'Bad Request' }, ...invalid },
  {
    name: 'fault Token Expired',
    fault: { kind: 'soapFault', which: 'token-expired' },
    ...unexplained,
    stays: 'refused',
  },
  {
    name: 'fault Login Failed',
    fault: { kind: 'soapFault', which: 'login-failed' },
    ...unexplained,
    stays: 'refused',
  },
  { name: 'fault Rate Limited (17)', fault: { kind: 'soapFault', which: 'rate-limited' }, ...unexplained },
  { name: 'fault Client', fault: { kind: 'soapFault', which: 'client' }, ...invalid },
  { name: 'fault Server (2), outage', fault: { kind: 'soapFault', which: 'server-2' }, ...explained },
  { name: 'fault Server (9), maintenance', fault: { kind: 'soapFault', which: 'server-9' }, ...explained },
  { name: 'fault Server, unknown', fault: { kind: 'soapFault', which: 'server-unknown' }, ...explained },
  { name: 'Error: Timeout expired', fault: error(errorTexts.timeout), ...shortened },
  { name: 'Error: Execution Timeout Expired', fault: error(errorTexts.executionTimeout), ...shortened },
  { name: 'Error: Request Property(s) do not match', fault: error(errorTexts.unknownProperty), ...invalid },
  { name: 'Error: no handler for object type', fault: error(errorTexts.unknownObjectType), ...invalid },
  { name: 'Error: Invalid column name', fault: error(errorTexts.invalidColumn), ...invalid },
  { name: 'Error: API Permission Failed', fault: error(errorTexts.permission), ...invalid },
  { name: 'Error: RequestID does not exist', fault: error(errorTexts.continueUnknown), ...shortened },
  { name: 'Error: Unknown filter', fault: error(errorTexts.unknownFilter), ...invalid },
  { name: 'Error: Incorrect syntax', fault: error(errorTexts.incorrectSyntax), ...invalid },
  { name: 'Error: Filter array cannot be null', fault: error(errorTexts.filterArrayNull), ...invalid },
  { name: 'Error: Object reference not set', fault: error(errorTexts.objectReference), ...explained },
  { name: 'Error: No rows were found', fault: error(errorTexts.noRows), ...explained },
  { name: 'Error: deadlocked', fault: error(errorTexts.deadlock), ...explained },
  { name: 'Error: Concurrency violation', fault: error(errorTexts.concurrency), ...explained },
  { name: 'Error: a text never seen before', fault: error(errorTexts.unknown), ...explained },
  { name: 'overall status Error', fault: { kind: 'overallStatus', text: 'Error' }, ...explained },
  { name: 'overall status empty', fault: { kind: 'overallStatus', text: '' }, ...explained },
  { name: 'overall status missing', fault: { kind: 'overallStatus', text: null }, ...explained },
  {
    name: 'overall status never seen before',
    fault: { kind: 'overallStatus', text: 'Perhaps' },
    ...explained,
  },
  { name: 'connection reset, no response', fault: { kind: 'lost-response' }, ...explained },
  { name: 'connection reset in mid-body', fault: { kind: 'reset-mid-body' }, ...explained },
  { name: 'body cut off, ended cleanly', fault: { kind: 'truncate' }, ...unexplained },
  { name: 'no response (hang)', fault: { kind: 'hang' }, ...shortened, isStatusAsked: true },
  {
    name: 'drip, slower than the time-out',
    fault: { kind: 'drip', intervalMs: 100 },
    ...shortened,
    isStatusAsked: true,
  },
  { name: 'invalid UTF-8', fault: { kind: 'invalid-utf8' }, ...unexplained },
  {
    name: 'characters that XML forbids',
    fault: { kind: 'forbidden-characters' },
    once: 'set aside',
    stays: 'set aside',
    isStatusAsked: false,
    onceOnJobs: 'reported',
  },
  { name: 'unclosed elements', fault: { kind: 'unclosed' }, ...unexplained },
  { name: 'no records, MoreDataAvailable', fault: { kind: 'empty-more' }, ...unexplained },
  { name: 'MoreDataAvailable without end', fault: { kind: 'endless-more' }, ...unexplained },
  { name: 'HTML with HTTP 200', fault: { kind: 'html-200' }, ...explained },
  {
    name: 'text of 200 MB',
    fault: { kind: 'huge-text' },
    ...unexplained,
    stays: 'exact',
    windowLongerThanMs: 24 * hourMs,
  },
  { name: '100,000 nested elements', fault: { kind: 'deep-nesting' }, ...unexplained },
  { name: 'DOCTYPE with entities', fault: { kind: 'doctype' }, ...unexplained },
];

export interface ServiceFaultCase {
  readonly name: string;
  readonly fault: Fault;
  readonly once: Fate;
  readonly stays: Fate;
}

/** Every fault the token service may have. */
export const tokenCases: readonly ServiceFaultCase[] = [
  { name: 'HTTP 503 with HTML', fault: { kind: 'http', status: 503 }, once: 'exact', stays: 'waiting' },
  {
    name: 'HTTP 429 with Retry-After: 0',
    fault: { kind: 'http', status: 429, headers: { 'Retry-After': '0' } },
    once: 'exact',
    stays: 'reported',
  },
  {
    name: 'HTTP 401',
    fault: { kind: 'http', status: 401, body: '{"error":"invalid_client"}' },
    once: 'refused',
    stays: 'refused',
  },
  {
    name: 'HTTP 403',
    fault: { kind: 'http', status: 403, body: '{"error":"unauthorized_client"}' },
    once: 'refused',
    stays: 'refused',
  },
  { name: 'connection reset', fault: { kind: 'lost-response' }, once: 'exact', stays: 'waiting' },
  { name: 'body cut off', fault: { kind: 'truncate' }, once: 'exact', stays: 'reported' },
  { name: 'no response (hang)', fault: { kind: 'hang' }, once: 'exact', stays: 'waiting' },
  {
    name: 'drip, slower than the time-out',
    fault: { kind: 'drip', intervalMs: 100 },
    once: 'exact',
    stays: 'waiting',
  },
  { name: 'HTML with HTTP 200', fault: { kind: 'html-200' }, once: 'exact', stays: 'reported' },
  { name: 'no JSON', fault: { kind: 'token-garbage' }, once: 'exact', stays: 'reported' },
  {
    name: 'points to a foreign host',
    fault: { kind: 'bad-soap-instance-url' },
    once: 'exact',
    stays: 'reported',
  },
];

/** Every fault of GetSystemStatus, which is asked because of a server fault on a page. */
export const statusCases: readonly ServiceFaultCase[] = [
  { name: 'HTTP 503 with HTML', fault: { kind: 'http', status: 503 }, once: 'exact', stays: 'waiting' },
  { name: 'HTTP 429', fault: { kind: 'http', status: 429 }, once: 'exact', stays: 'exact' },
  {
    name: 'fault Token Expired',
    fault: { kind: 'soapFault', which: 'token-expired' },
    once: 'exact',
    stays: 'exact',
  },
  {
    name: 'fault Server (2), outage',
    fault: { kind: 'soapFault', which: 'server-2' },
    once: 'exact',
    stays: 'waiting',
  },
  {
    name: 'Error: a text never seen before',
    fault: error(errorTexts.unknown),
    once: 'exact',
    stays: 'exact',
  },
  { name: 'connection reset', fault: { kind: 'lost-response' }, once: 'exact', stays: 'waiting' },
  { name: 'body cut off', fault: { kind: 'truncate' }, once: 'exact', stays: 'exact' },
  { name: 'no response (hang)', fault: { kind: 'hang' }, once: 'exact', stays: 'waiting' },
  { name: 'invalid UTF-8', fault: { kind: 'invalid-utf8' }, once: 'exact', stays: 'exact' },
  { name: 'HTML with HTTP 200', fault: { kind: 'html-200' }, once: 'exact', stays: 'waiting' },
  { name: 'text of 200 MB', fault: { kind: 'huge-text' }, once: 'exact', stays: 'exact' },
  { name: 'DOCTYPE with entities', fault: { kind: 'doctype' }, once: 'exact', stays: 'exact' },
];

/** Without end, in the simulator's fault rules. */
export const forEver = -1;

/** The rule that puts the fault on one page of events. */
export function pageRule(
  { fault, windowLongerThanMs }: FaultCase,
  page: PagePlace,
  times: number,
): FaultRule {
  const breadth = windowLongerThanMs === undefined || times === 1 ? {} : { windowLongerThanMs };
  return { match: { objectType: 'SentEvent', page, ...breadth }, times, fault };
}

/** A server fault on a page, because of which the status is asked, and the fault of that status call. */
export function statusRules({ fault }: ServiceFaultCase, times: number): FaultRule[] {
  const page: FaultRule = {
    match: { objectType: 'SentEvent', page: 'middle' },
    times: 1,
    fault: outage,
  };
  return [page, { match: { operation: 'GetSystemStatus' }, times, fault }];
}

/** The same fault at every request: with one success the gate would open again, sooner or later in the run. */
export function outageRules({ fault }: ServiceFaultCase): FaultRule[] {
  return [
    { match: { operation: 'Retrieve' }, times: forEver, fault: outage },
    { match: { operation: 'GetSystemStatus' }, times: forEver, fault },
  ];
}

const outage: Fault = { kind: 'soapFault', which: 'server-2' };
