import { PipelineError, ResponseMalformedError } from '../errors.ts';
import { type ObjectDefinition, requestedProperties } from '../events/define-event.ts';
import type { AccountClient } from './account-client.ts';
import { writeContinue, writeRetrieve } from './request/envelope.ts';
import type { Filter } from './request/filter.ts';
import type { Unreadable } from './response/record-collector.ts';
import type { ParsedResponse } from './response/response-parser.ts';
import { overallStatusError } from './source-errors.ts';

export interface RetrieveRequest {
  readonly definition: ObjectDefinition;
  /** Every object of the type where absent. */
  readonly filter?: Filter | undefined;
  readonly pageSize: number;
  /** RequestID of the page to go on after; the window's first page where absent. */
  readonly continueFrom?: string | undefined;
  readonly pagesMax: number;
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
export interface RecordSink<Page> {
  /** The array is used again for the next record: copy what is to stay. */
  append(values: readonly (string | null)[], unreadable?: Unreadable): void;
  finish(): Page;
}

export interface RetrieveHooks {
  /** Waits for gate and rate limit before each request; what it throws ends the retrieval. */
  beforeRequest?(kind: 'first' | 'continue'): Promise<void>;
  /** Counts each request that leaves. */
  onRequest?(): void;
}

// Marketing Cloud: nothing forbids a page without records that is not the last; a server that sends
// nothing else would keep us for ever.
const emptyPagesMax = 3;

/**
 * Reads one window page by page, following continue requests with the latest RequestID.
 *
 * The next page is asked for when the caller asks for it, never before. An error after the first page has
 * `context.isContinue`: the server's cursor may have moved, so the window is read from its start.
 *
 * @throws {ContinueExpiredError} when Marketing Cloud has forgotten the request we continue.
 * @throws {RetrieveTimedOutError} when the window is too broad.
 * @throws {ResponseMalformedError} when pages are damaged, repeat themselves, or do not end.
 */
export async function* retrievePages<Page>(
  account: AccountClient,
  request: RetrieveRequest,
  createSink: () => RecordSink<Page>,
  signal: AbortSignal,
  hooks: RetrieveHooks = {},
): AsyncGenerator<RetrievePage<Page>> {
  let continueFrom = request.continueFrom;
  let previous: ParsedResponse | undefined;
  let emptyPages = 0;

  for (let pages = 0; pages < request.pagesMax; pages += 1) {
    const { page, answer, startedAtMs } = await readPage(
      account,
      request,
      continueFrom,
      createSink,
      signal,
      hooks,
    );
    const isLast = answer.overallStatus === 'OK';
    emptyPages = answer.recordCount === 0 ? emptyPages + 1 : 0;
    requireProgress(answer, previous, emptyPages, continueFrom !== undefined);

    const { requestId, recordCount, serverTime, bytes } = answer;
    const durationMs = account.now().getTime() - startedAtMs;
    yield {
      page,
      requestId,
      isLast,
      recordCount,
      serverTime,
      bytes,
      durationMs,
    };
    if (isLast) return;
    continueFrom = requestId;
    previous = answer;
  }
  throw new ResponseMalformedError(`More than ${request.pagesMax} pages and no end`, { isContinue: true });
}

async function readPage<Page>(
  account: AccountClient,
  request: RetrieveRequest,
  continueFrom: string | undefined,
  createSink: () => RecordSink<Page>,
  signal: AbortSignal,
  hooks: RetrieveHooks,
): Promise<{ page: Page; answer: ParsedResponse; startedAtMs: number }> {
  const { definition, filter, pageSize } = request;
  const isContinue = continueFrom !== undefined;
  const context = { objectType: definition.objectType, isContinue };
  const properties = requestedProperties(definition);
  const body = { objectType: definition.objectType, properties, pageSize, clientId: account.clientId };
  let sink = createSink();
  let attempts = 0;
  let startedAtMs = 0;
  try {
    const answer = await account.ask(
      {
        action: 'Retrieve',
        body: isContinue ? writeContinue(body, continueFrom) : writeRetrieve(body, filter),
        properties,
        context,
        begin: async () => {
          await hooks.beforeRequest?.(isContinue ? 'continue' : 'first');
          hooks.onRequest?.();
          startedAtMs = account.now().getTime(); // after all waiting
          if (attempts > 0) sink = createSink();
          attempts += 1;
          return (values, unreadable) => sink.append(values, unreadable);
        },
      },
      signal,
    );
    const failure = overallStatusError(answer.overallStatus, { ...context, requestId: answer.requestId });
    if (failure !== undefined) throw failure;
    return { page: sink.finish(), answer, startedAtMs };
  } catch (error) {
    // Whoever threw it did not know which page was asked for.
    if (error instanceof PipelineError) Object.assign(error.context, context);
    throw error;
  }
}

function requireProgress(
  answer: ParsedResponse,
  previous: ParsedResponse | undefined,
  emptyPages: number,
  isContinue: boolean,
): void {
  const context = { requestId: answer.requestId, isContinue };
  const isLast = answer.overallStatus === 'OK';
  if (!isLast && answer.requestId === undefined) {
    throw new ResponseMalformedError(
      'More data is available, but there is no RequestID to ask for it',
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
  const isRepeated = answer.recordCount > 0 && answer.recordCount === previous?.recordCount;
  if (isRepeated && answer.digest === previous.digest)
    throw new ResponseMalformedError('Two pages in a row are equal to the byte', context);
}
