import { createColumnPage, type RejectedRecord } from '../../columns/page.ts';
import type { DimensionDefinition } from '../../dimensions/define-dimension.ts';
import type { AccountClient } from '../../marketing-cloud/account-client.ts';
import type { Filter } from '../../marketing-cloud/request/filter.ts';
import { retrievePages } from '../../marketing-cloud/retrieve.ts';
import { recordClockOffset } from '../../store/accounts.ts';
import { upsertDimension } from '../../store/dimension.ts';
import type { Pool } from '../../store/pool.ts';
import { keepRejected } from '../../store/load/rejected-records.ts';
import { type PolicyDeps, runWithPolicy, type Work } from '../policy/run-with-policy.ts';
import { rejectedText } from '../rejected-text.ts';

/** No list of jobs or definitions has more pages. */
const pagesMax = 400;

export interface DiscoveryDeps extends PolicyDeps {
  readonly pool: Pool;
  readonly pageSize: number;
  readonly lookbackMs: number;
  readonly now: () => Date;
  /** Discovery counts towards the Retrieves that an account may have in flight. */
  readonly acquireSlot: (accountId: number, signal: AbortSignal) => Promise<{ release(): void }>;
  /** Called as each request leaves. */
  readonly onRequest: () => void;
  /** Called with the number of records that were rejected for the first time. */
  readonly onRejected: (objectType: string, count: number) => void;
}

export interface DiscoveredAccount {
  readonly accountId: number;
  readonly client: AccountClient;
  readonly jobsDiscoveredUntil: Date | null;
}

/** What is read of an account besides events. */
export interface DimensionReading {
  readonly definition: DimensionDefinition;
  /** Every object of the type where absent. */
  readonly filter?: Filter;
  /** Whether the filter can be divided into smaller ones. */
  readonly canSplit?: boolean;
  /** It was divided several times already, and no part could be read. */
  readonly hasSplitWithoutProgress?: boolean;
  /** Takes what can be saved of records that were rejected. */
  readonly onUnreadable?: (
    pool: Pool,
    accountId: number,
    rejected: readonly RejectedRecord[],
  ) => Promise<void>;
}

/**
 * Reads all pages of one Retrieve into a dimension, again from the first one after a failure that may pass.
 * Where it returns `split`, the filter covers too much for one Retrieve.
 *
 * @throws {PipelineError} when it keeps failing, or another attempt cannot help; what was read before stays.
 */
export async function readDimension(
  account: DiscoveredAccount,
  reading: DimensionReading,
  deps: DiscoveryDeps,
  signal: AbortSignal,
): Promise<'done' | 'split'> {
  const { accountId, client } = account;
  const { definition, canSplit = false, hasSplitWithoutProgress = false } = reading;
  const work: Work<void> = {
    ...{ accountId, client, canSplit, attempts: 0, restarts: 0, isCursorReplayable: false },
    fields: { accountId, objectType: definition.objectType },
    // Each attempt begins with the first page, whatever the last one had reached.
    isMidway: () => false,
    hasSplitWithoutProgress: () => Promise.resolve(hasSplitWithoutProgress),
    attempt: () => readPages(account, reading, deps, signal),
    beforeRetry: () => Promise.resolve(true),
  };
  const end = await runWithPolicy(work, deps, signal);
  if (end.kind === 'done' || end.kind === 'split') return end.kind;
  throw end.error;
}

async function readPages(
  { accountId, client }: DiscoveredAccount,
  { definition, filter, onUnreadable }: DimensionReading,
  deps: DiscoveryDeps,
  signal: AbortSignal,
): Promise<void> {
  const slot = await deps.acquireSlot(accountId, signal);
  try {
    const pages = retrievePages(
      client,
      { definition, filter, pageSize: deps.pageSize, pagesMax, onRequest: deps.onRequest },
      () => createColumnPage(definition, { accountId, jobId: undefined }),
      signal,
    );
    for await (const { page, serverTime } of pages) {
      if (serverTime !== undefined)
        await recordClockOffset(deps.pool, accountId, serverTime.getTime() - deps.now().getTime());

      await upsertDimension(deps.pool, definition, accountId, page);
      const records = page.rejected.map((record) => rejectedText(definition, record));
      const rejected = { accountId, jobId: null, eventType: definition.name, runId: null, records };
      deps.onRejected(definition.objectType, await keepRejected(deps.pool, rejected));
      if (page.rejected.length > 0) await onUnreadable?.(deps.pool, accountId, page.rejected);
    }
  } finally {
    slot.release();
  }
}
