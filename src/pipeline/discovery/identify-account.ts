import { ConfigInvalidError } from '../../errors.ts';
import { createColumnPage } from '../../columns/page.ts';
import { job } from '../../dimensions/job.ts';
import type { AccountClient } from '../../marketing-cloud/account-client.ts';
import type { Filter } from '../../marketing-cloud/request/filter.ts';
import { retrievePages } from '../../marketing-cloud/retrieve.ts';
import { sleep } from '../backoff.ts';
import { retentionMs } from '../planning/windows.ts';
import { decide } from '../policy/decide.ts';

export interface IdentifyOptions {
  readonly now: Date;
  readonly retryBaseMs: number;
  /** Waits for a person who corrects an address, instead of ending. */
  readonly isService: boolean;
  readonly onFailure: (error: unknown, waitMs: number) => void;
}

/**
 * Learns which business unit the credentials belong to, from one of its Sends; what may pass is tried again.
 *
 * @throws {ConfigInvalidError} when it has sent nothing yet, so that nothing names it.
 */
export async function identifyAccount(
  client: AccountClient,
  { now, retryBaseMs, isService, onFailure }: IdentifyOptions,
  signal: AbortSignal,
): Promise<number> {
  for (let attempts = 0; ; attempts += 1) {
    try {
      return await readAccountOfSend(client, now, signal);
    } catch (error) {
      const isStopping = signal.aborted;
      const action = decide(error, { ...firstAttempt, attempts, retryBaseMs, isService, isStopping });
      if (action.kind !== 'retry') throw error;
      onFailure(error, action.waitMs);
      await sleep(action.waitMs, signal);
    }
  }
}

/** One short request, without a task and before the gate knows of any failure. */
const firstAttempt = {
  ...{
    restarts: 0,
    isOptional: false,
    isMidway: false,
    isCursorReplayable: false,
    canSplit: false,
    canPark: false,
  },
  ...{ isGateOpen: true, jitter: 1 },
};

async function readAccountOfSend(client: AccountClient, now: Date, signal: AbortSignal): Promise<number> {
  const since = new Date(now.getTime() - retentionMs);
  const filter: Filter = { property: 'ModifiedDate', operator: 'greaterThan', values: [since] };
  const pages = retrievePages(
    client,
    { definition: job, filter, pageSize: 1, pagesMax: 1 },
    () => createColumnPage(job, { accountId: undefined, jobId: undefined }),
    signal,
  );
  for await (const { page } of pages) {
    if (page.accountId !== undefined) return page.accountId;
    break;
  }
  throw new ConfigInvalidError(
    'SFMC_ACCOUNT_IDS is not set, and the business unit of these credentials has no Send that would name it: set SFMC_ACCOUNT_IDS to its MID',
  );
}
