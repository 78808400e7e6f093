import { ContinueExpiredError, RetrieveFailedError } from '../../errors.ts';
import type { EventDefinition } from '../../events/define-event.ts';
import type { AccountClient } from '../../marketing-cloud/account-client.ts';
import { type RecordSink, retrievePages } from '../../marketing-cloud/retrieve.ts';
import type { OwnedTask } from '../../store/ledger/task-ledger.ts';
import { windowFilter } from './extract-task.ts';

/** Few enough that any job worth resuming has more pages than the probe reads. */
const probePageSize = 5;

export interface PagingProbe {
  readonly definition: EventDefinition;
  /** A span of one job that holds more than ten events of the type. */
  readonly span: Pick<OwnedTask, 'jobId' | 'window'>;
}

export interface PagingFinding {
  /** The two below hold: a window may continue by RequestID although a response was lost. Undefined: too few pages to tell. */
  readonly isReplayable: boolean | undefined;
  readonly areRequestIdsNew: boolean;
  readonly isPageRepeated: boolean;
  readonly requests: number;
}

/**
 * Learns what a repeated continue request does: reads two small pages, requests the second once more, and
 * then the page after it, which must not have been lost by the repetition. Four requests at most.
 *
 * @throws {PipelineError} when a Retrieve fails for another reason than the repetition itself.
 */
export async function probePaging(
  account: AccountClient,
  probe: PagingProbe,
  signal: AbortSignal,
): Promise<PagingFinding> {
  let requests = 0;
  const onRequest = () => {
    requests += 1;
  };
  const read = (continueFrom?: string) => readPage(account, { ...probe, continueFrom, onRequest }, signal);
  const finding = (
    isReplayable: boolean | undefined,
    areRequestIdsNew: boolean,
    isPageRepeated: boolean,
  ) => ({
    ...{ isReplayable, areRequestIdsNew, isPageRepeated },
    requests,
  });

  const first = await read();
  const second = isFollowed(first) ? await read(first.requestId) : undefined;
  if (!isFollowed(first) || !isFollowed(second)) return finding(undefined, false, false);
  // With one id for all pages a repetition cannot even be expressed: it would request the page after.
  if (second.requestId === first.requestId) return finding(false, false, false);
  const again = await unlessRefused(read(first.requestId), signal);
  if (again?.records !== second.records) return finding(false, true, false);
  const third = await unlessRefused(read(again.requestId), signal);
  const isNext = third !== undefined && ![first.records, second.records].includes(third.records);
  return finding(isNext, true, true);
}

interface PageToProbe extends PagingProbe {
  readonly continueFrom: string | undefined;
  readonly onRequest: () => void;
}

async function readPage(
  account: AccountClient,
  { definition, span, continueFrom, onRequest }: PageToProbe,
  signal: AbortSignal,
): Promise<ProbedPage | undefined> {
  const filter = windowFilter(span);
  const request = { definition, filter, pageSize: probePageSize, continueFrom, pagesMax: 1, onRequest };
  const pages = retrievePages(account, request, createSink, signal);
  for await (const { page, requestId, isLast } of pages) return { records: page, requestId, isLast };
  return undefined;
}

function isFollowed(page: ProbedPage | undefined): page is ProbedPage & { requestId: string } {
  return page?.requestId !== undefined && !page.isLast;
}

interface ProbedPage {
  /** All that was read of the page's records, in their order. */
  readonly records: string;
  readonly requestId: string | undefined;
  readonly isLast: boolean;
}

/** A server that refuses the repetition has answered the probe's question. */
async function unlessRefused(
  reading: Promise<ProbedPage | undefined>,
  signal: AbortSignal,
): Promise<ProbedPage | undefined> {
  try {
    return await reading;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ContinueExpiredError || error instanceof RetrieveFailedError) return undefined;
    throw error;
  }
}

function createSink(): RecordSink<string> {
  const records: (string | null)[][] = [];
  return {
    append: (values) => records.push([...values]),
    finish: () => JSON.stringify(records),
  };
}
