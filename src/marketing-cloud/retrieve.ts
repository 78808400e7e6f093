import { PipelineError, ResponseMalformedError } from '../errors.ts';
import { type ObjectDefinition, requestedProperties } from '../events/define-event.ts';
import type { AccountClient } from './account-client.ts';
import { writeContinue, writeRetrieve } from './request/envelope.ts';
import type { Filter } from './request/filter.ts';
import type { RecordSink } from './response/record-sink.ts';
import type { ParsedResponse } from './response/response-parser.ts';
import { overallStatusError } from './source-errors.ts';

export interface RetrieveRequest {
  readonly definition: ObjectDefinition;
  /** Every object of the type where absent. */
  readonly filter?: Filter | undefined;
  /** Only what arrived since the same request was last made. */
  readonly isOfArrivals?: true | undefined;
  readonly pageSize: number;
  /** RequestID of the page to go on after; the window's first page where absent. */
  readonly continueFrom?: string | undefined;
  readonly pagesMax: number;
  /** Called as each request leaves, also for one that is sent again with a new token. */
  readonly onRequest?: (() => void) | undefined;
  /** See `AccountRequest`. */
  readonly keepTurn?: (() => Promise<boolean>) | undefined;
}

export interface RetrievePage<Page> {
  readonly page: Page;
  readonly requestId: string | undefined;
  /** Whether the overall status said `OK`: the window is complete. */
  readonly isLast: boolean;
  readonly recordCount: number;
  /** When the server wrote the page, by its own clock. */
  readonly serverTime: Date | undefined;
  readonly bytes: number;
  readonly durationMs: number;
}

/** Takes the records of one page; an attempt that fails leaves its sink behind unfinished. */
export interface PageSink<Page> extends RecordSink {
  finish(): Page;
}

// Marketing Cloud: nothing forbids a page without records that is not the last; a server that sends
// nothing else would never let a window end.
const emptyPagesMax = 3;

/**
 * Reads one window page by page, following continue requests with the latest RequestID.
 *
 * A page is requested when the caller wants it, never before. An error after the first page has
 * `context.isContinue`: the server's cursor may have moved, so the window is read from its start.
 *
 * @throws {ContinueExpiredError} when Marketing Cloud has forgotten the request we continue.
 * @throws {RetrieveTimedOutError} when the window is too broad.
 * @throws {ResponseMalformedError} when pages are damaged, repeat themselves, or do not end.
 */
export async function* retrievePages<Page>(
  account: AccountClient,
  request: RetrieveRequest,
  createSink: () => PageSink<Page>,
  signal: AbortSignal,
): AsyncGenerator<RetrievePage<Page>> {
  let { continueFrom } = request;
  let previous: ParsedResponse | undefined;
  let emptyPages = 0;

  for (let pages = 0; pages < request.pagesMax; pages += 1) {
    const isContinue = continueFrom !== undefined;
    const { response, ...read } = await readPage(account, { ...request, continueFrom }, createSink, signal);
    const { requestId, recordCount, serverTime, bytes } = response;
    const isLast = response.overallStatus === 'OK';
    emptyPages = recordCount === 0 ? emptyPages + 1 : 0;
    requireProgress(response, previous, emptyPages, isContinue);
    yield { ...read, requestId, isLast, recordCount, serverTime, bytes };
    if (isLast) return;
    continueFrom = requestId;
    previous = response;
  }
  throw new ResponseMalformedError(`More than ${request.pagesMax} pages and no end`, { isContinue: true });
}

async function readPage<Page>(
  account: AccountClient,
  request: RetrieveRequest,
  createSink: () => PageSink<Page>,
  signal: AbortSignal,
): Promise<{ page: Page; response: ParsedResponse; durationMs: number }> {
  const { definition, filter, pageSize, continueFrom, onRequest, keepTurn, isOfArrivals } = request;
  const isContinue = continueFrom !== undefined;
  const { objectType, includesAccountsBelow } = definition;
  const context = { objectType, isContinue };
  const properties = requestedProperties(definition);
  const body = {
    objectType,
    properties,
    pageSize,
    clientId: account.clientId,
    includesAccountsBelow,
    isOfArrivals,
  };
  let sink = createSink();
  let startedAtMs: number | undefined;
  const begin = (): RecordSink => {
    onRequest?.();
    if (startedAtMs !== undefined) sink = createSink();
    startedAtMs = account.now().getTime(); // after all waiting
    return sink;
  };
  try {
    const response = await account.send(
      {
        action: 'Retrieve',
        body: isContinue ? writeContinue(body, continueFrom) : writeRetrieve(body, filter),
        ...{ properties, recordsMax: recordsMaxOf(pageSize), context, begin, keepTurn },
      },
      signal,
    );
    const failure = overallStatusError(response.overallStatus, { ...context, requestId: response.requestId });
    if (failure !== undefined) throw failure;
    const nowMs = account.now().getTime();
    return { page: sink.finish(), response, durationMs: nowMs - (startedAtMs ?? nowMs) };
  } catch (error) {
    // Where it was thrown, the page that was requested is not known.
    if (error instanceof PipelineError) error.addContext(context);
    throw error;
  }
}

// Marketing Cloud: a page has at most 2500 records; whether each object obeys a smaller BatchSize is not documented.
const usualPageSize = 2500;

/** Records that are accepted as one page. With twice as many as expected, memory stays limited. */
function recordsMaxOf(pageSize: number): number {
  return 2 * Math.max(pageSize, usualPageSize);
}

function requireProgress(
  response: ParsedResponse,
  previous: ParsedResponse | undefined,
  emptyPages: number,
  isContinue: boolean,
): void {
  const context = { requestId: response.requestId, isContinue };
  const isLast = response.overallStatus === 'OK';
  if (!isLast && response.requestId === undefined) {
    throw new ResponseMalformedError(
      'More data is available, but there is no RequestID to continue with',
      context,
    );
  }
  if (!isLast && emptyPages > emptyPagesMax) {
    throw new ResponseMalformedError(
      `${emptyPages} pages in a row hold no records and promise more`,
      context,
    );
  }
  // RequestIDs may recur on every page, so only the records themselves tell a loop.
  const isRepeated = response.recordCount > 0 && response.recordCount === previous?.recordCount;
  if (isRepeated && response.digest === previous.digest)
    throw new ResponseMalformedError('Two pages in a row are equal to the byte', context);
}
