import { ContinueExpiredError } from '../../errors.ts';
import { sent } from '../../events/sent.ts';
import type { AccountClient } from '../../marketing-cloud/account-client.ts';
import { type Finding, note, ok } from './check.ts';
import { readFirstPage, type SeenPage } from './first-page.ts';

/** Records of a page while paging is probed: two pages and a remainder are few. */
const probedPageSize = 2;

export interface PagingProbe {
  readonly finding: Finding;
  /** Undefined where it could not be found out. */
  readonly isReplayable?: boolean;
}

/** What a request is called before it leaves, for the recording. */
export type Announce = (name: string) => void;

/**
 * Finds out whether a continue request that is sent again gets the same page again: then, after a crash or a lost
 * response, a window may go on by RequestID.
 *
 * Reads the first pages of the sends of one job: the first page, the second, and the second once more.
 */
export async function probePaging(
  client: AccountClient,
  jobIds: readonly number[],
  announce: Announce,
  signal: AbortSignal,
): Promise<PagingProbe> {
  for (const jobId of jobIds) {
    announce('paging, page 1');
    const filter = { property: 'SendID', operator: 'equals', values: [jobId] } as const;
    const first = await readFirstPage(client, sent, { filter, pageSize: probedPageSize }, signal);
    if (first.isLast || first.requestId === undefined) continue;
    return await probeFrom({ ...first, requestId: first.requestId }, client, announce, signal);
  }
  return {
    finding: note(
      `no job with more than ${probedPageSize} sends to page through: interrupted windows begin with their first page`,
      'run doctor again when such a job was sent',
    ),
  };
}

async function probeFrom(
  first: SeenPage & { readonly requestId: string },
  client: AccountClient,
  announce: Announce,
  signal: AbortSignal,
): Promise<PagingProbe> {
  const { requestId: continueFrom } = first;
  const request = { pageSize: probedPageSize, continueFrom };
  announce('paging, page 2');
  const second = await readFirstPage(client, sent, request, signal);
  if (second.requestId === continueFrom) return judged(false, 'every page has the same RequestID');
  if (second.text === first.text) return judged(false, 'a continue request gets the first page again');
  announce('paging, page 2 requested again');
  try {
    const again = await readFirstPage(client, sent, request, signal);
    return again.text === second.text
      ? judged(true, 'each page has its own RequestID, and a repeated continue request gets the same page')
      : judged(false, 'a repeated continue request gets another page');
  } catch (error) {
    if (!(error instanceof ContinueExpiredError)) throw error;
    return judged(false, 'a repeated continue request is refused');
  }
}

function judged(isReplayable: boolean, what: string): PagingProbe {
  const follows = isReplayable
    ? 'after a crash, windows go on where they stopped (RESUME=auto)'
    : 'after a crash, windows begin with their first page';
  return { isReplayable, finding: ok(`${what}: ${follows}`) };
}
