import type { BatchMarks } from './query/batch-marks.ts';
import type { Cursor, Cursors, Page } from './query/cursors.ts';
import type { ResponseContent } from '../faults/delivery.ts';
import type { FilterKind } from './query/event-query.ts';
import { parseExtract } from '../extract/extract-requests.ts';
import type { Extracts } from '../extract/extract-service.ts';
import { isTurnedAway, presetFault, soapFaultOf } from '../faults/fault-responses.ts';
import type { Fault, FaultPlan } from '../faults/faults.ts';
import { leavingOut } from '../faults/leaving-out.ts';
import { withoutEnd } from '../faults/without-end.ts';
import { FaultRefusal, RetrieveRefusal } from './refusals.ts';
import { parseDescribe, parseRetrieve, type SoapRequest } from './requests.ts';
import * as responses from './responses.ts';
import type { ResponseFrame, SystemStatus } from './responses.ts';
import { runQuery } from './query/run-query.ts';
import type { Tokens } from '../http/tokens.ts';
import type { World } from '../world/world.ts';

export interface SoapServiceOptions {
  readonly world: World;
  readonly tokens: Tokens;
  readonly cursors: Cursors;
  readonly batchMarks: BatchMarks;
  readonly faults: FaultPlan;
  readonly extracts: Extracts;
  readonly pageSizeMax: number;
  readonly isBetweenInclusive: boolean;
  readonly pageOrder: 'random' | 'date';
  readonly seed: number;
  readonly now: () => Date;
  readonly systemStatus: () => SystemStatus;
  readonly serviceUrl: () => string;
}

/** What the log says of a request; filled in as it becomes known. */
export interface RequestNotes {
  operation: 'token' | 'Retrieve' | 'Extract' | 'GetSystemStatus' | 'Describe' | 'VersionInfo' | 'other';
  accountId?: number;
  objectType?: string;
  jobId?: number;
  /** What the filter names. */
  by?: FilterKind;
  page?: number;
  isContinue: boolean;
  requestId?: string;
  overallStatus?: string;
  fault?: string;
  /** Retrieves of the account in flight when this one began, itself included. */
  inFlight?: number;
}

export interface SoapResponse extends ResponseContent {
  readonly fault: Fault | undefined;
}

const messages = {
  RetrieveRequestMsg: 'Retrieve',
  ExtractRequestMsg: 'Extract',
  SystemStatusRequestMsg: 'GetSystemStatus',
  DefinitionRequestMsg: 'Describe',
  VersionInfoRequestMsg: 'VersionInfo',
} as const;

/** Serves one SOAP request; refusals become the service's faults or error responses. */
export function serveSoap(
  request: SoapRequest,
  action: string,
  notes: RequestNotes,
  options: SoapServiceOptions,
): SoapResponse {
  const { soapVersion } = request;
  const frame: ResponseFrame = { relatesTo: request.messageId, now: options.now(), soapVersion };
  try {
    const operation = operationOf(request.message);
    if (operation === undefined || action !== operation) {
      throw new FaultRefusal(
        'Client',
        `Server did not recognize the value of HTTP Header SOAPAction: ${action}.`,
      );
    }
    notes.operation = operation;
    if (operation === 'Retrieve') return retrieve(request, frame, notes, options);
    const extract = operation === 'Extract' ? parseExtract(request.body)[0] : undefined;
    const accountId = options.tokens.accountOf(request, extract?.accountIds ?? []);
    notes.accountId = accountId;
    const fault = options.faults.faultFor({ operation, accountId });
    if (fault !== undefined) notes.fault = fault.kind;
    if (fault?.kind === 'soapFault') throw soapFaultOf(fault, accountId);
    if (fault?.kind === 'error')
      return whole(responses.errorResponse(frame, `Error: ${fault.text}`), undefined);
    if (operation === 'GetSystemStatus')
      return whole(responses.systemStatusResponse(frame, options.systemStatus()), fault);

    if (extract !== undefined) {
      return whole(
        responses.extractResponse(frame, options.extracts.serve(accountId, extract, options.now())),
        fault,
      );
    }

    if (operation === 'VersionInfo') return whole(responses.versionResponse(frame), fault);
    return whole(responses.describeResponse(frame, parseDescribe(request.body)), fault);
  } catch (error) {
    return refusalResponse(error, frame, notes, options.serviceUrl());
  }
}

/** The response to what could not even be read as a SOAP request. */
export function refusalResponse(
  error: unknown,
  frame: ResponseFrame,
  notes: RequestNotes,
  actor: string,
): SoapResponse {
  if (error instanceof RetrieveRefusal) {
    notes.overallStatus = `Error: ${error.message}`;
    return whole(responses.errorResponse(frame, notes.overallStatus), undefined);
  }
  if (!(error instanceof FaultRefusal)) throw error;
  return { status: 500, body: [responses.faultResponse(frame, error, actor)], fault: undefined };
}

function operationOf(message: string): (typeof messages)[keyof typeof messages] | undefined {
  return Object.entries(messages).find(([name]) => name === message)?.[1];
}

function whole(body: string, fault: Fault | undefined): SoapResponse {
  return { status: 200, body: [body], fault };
}

function retrieve(
  soap: SoapRequest,
  frame: ResponseFrame,
  notes: RequestNotes,
  options: SoapServiceOptions,
): SoapResponse {
  const request = parseRetrieve(soap.body);
  notes.isContinue = request.continueRequest !== undefined;
  notes.objectType = request.objectType;
  const accountId = options.tokens.accountOf(soap, request.accountIds);
  notes.accountId = accountId;
  const systemStatus = options.systemStatus();
  if (systemStatus !== 'OK')
    throw presetFault(systemStatus === 'InMaintenance' ? 'server-9' : 'server-2', accountId);

  const cursor =
    request.continueRequest === undefined
      ? options.cursors.open(accountId, request.objectType, runQuery(request, soap, accountId, options))
      : options.cursors.resume(request.continueRequest, accountId);
  // Marketing Cloud: a continue request without BatchSize falls back to the largest page.
  const pageSize = Math.min(request.batchSize ?? options.pageSizeMax, options.pageSizeMax);
  const page = options.cursors.page(cursor, pageSize);
  noteCursor(notes, cursor, page);
  const { jobId, windowMs, by } = cursor.result;
  const fault = options.faults.faultFor({
    operation: 'Retrieve',
    objectType: cursor.objectType,
    accountId,
    page: { number: page.number, isLast: page.isLast },
    ...(jobId === undefined ? {} : { jobId }),
    ...(windowMs === undefined ? {} : { windowMs }),
    ...(by === undefined ? {} : { by }),
  });
  if (fault !== undefined) notes.fault = fault.kind;
  if (fault?.kind !== 'endless-new' && fault?.kind !== 'leave-out')
    return servePage(page, frame, fault, notes, options);
  if (fault.kind === 'endless-new') cursor.result = withoutEnd(cursor.result);
  else if (page.number === 1) cursor.result = leavingOut(cursor.result, fault.every);
  return servePage(options.cursors.page(cursor, pageSize), frame, fault, notes, options);
}

function noteCursor(notes: RequestNotes, cursor: Cursor, page: Page): void {
  notes.objectType = cursor.objectType;
  notes.page = page.number;
  if (cursor.result.jobId !== undefined) notes.jobId = cursor.result.jobId;
  if (cursor.result.by !== undefined) notes.by = cursor.result.by;
}

function servePage(
  page: Page,
  frame: ResponseFrame,
  fault: Fault | undefined,
  notes: RequestNotes,
  { cursors }: SoapServiceOptions,
): SoapResponse {
  if (fault?.kind === 'soapFault') throw soapFaultOf(fault, page.cursor.accountId);
  if (fault?.kind === 'error') throw new RetrieveRefusal(fault.text);
  if (fault !== undefined && isTurnedAway(fault)) return { status: 200, body: [], fault };
  if (fault?.kind === 'endless-more') page.cursor.isEndless = true;
  const served = fault?.kind === 'empty-more' ? { ...page, to: page.from, number: page.number - 1 } : page;
  const isMore = fault?.kind === 'empty-more' || page.cursor.isEndless || !page.isLast;
  page.cursor.result.onServed?.();
  const requestId = cursors.consume(served, isMore);
  const overallStatus = fault?.kind === 'overallStatus' ? fault.text : isMore ? 'MoreDataAvailable' : 'OK';
  notes.requestId = requestId;
  notes.overallStatus = overallStatus ?? '';
  const { from, to } = served;
  const { result } = page.cursor;
  return {
    status: 200,
    body: responses.retrieveResponse(frame, { overallStatus, requestId, result, from, to }),
    fault,
  };
}
