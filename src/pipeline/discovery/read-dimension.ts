import { PipelineError } from '../../errors.ts';
import { createColumnPage, type RejectedRecord } from '../../columns/page.ts';
import type { DimensionDefinition } from '../../dimensions/define-dimension.ts';
import type { Logger } from '../../logger.ts';
import type { AccountClient } from '../../marketing-cloud/account-client.ts';
import type { Filter } from '../../marketing-cloud/request/filter.ts';
import { retrievePages } from '../../marketing-cloud/retrieve.ts';
import { recordClockOffset } from '../../store/accounts.ts';
import { upsertDimension } from '../../store/dimension.ts';
import type { Pool } from '../../store/pool.ts';
import { keepRejected } from '../../store/load/rejected-records.ts';
import { rejectedXml } from '../extraction/commit-page.ts';
import { type Disposition, errorPolicy } from '../error-policy.ts';
import type { Gate } from '../admission/gate.ts';
import { backoffMs, type Sleep, slowDownMs } from '../backoff.ts';

/** No list of jobs or definitions has more pages. */
const pagesMax = 400;

export interface DiscoveryDeps {
  readonly pool: Pool;
  readonly gate: Gate;
  readonly pageSize: number;
  readonly retryBaseMs: number;
  readonly lookbackMs: number;
  readonly random: () => number;
  readonly now: () => Date;
  readonly logger: Logger;
  /** Discovery counts towards the Retrieves that an account may have in flight. */
  readonly acquireSlot: (accountId: number, signal: AbortSignal) => Promise<{ release(): void }>;
  /** Called as each request leaves. */
  readonly onRequest: () => void;
  readonly sleep: Sleep;
  /** Hears how many records were set aside for the first time. */
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
  /** Takes what can be saved of records that were set aside. */
  readonly onUnreadable?: (
    pool: Pool,
    accountId: number,
    rejected: readonly RejectedRecord[],
  ) => Promise<void>;
}

/**
 * Reads all pages of one Retrieve into a dimension, again from the first one after a failure that may pass.
 *
 * @throws {PipelineError} when it keeps failing, or another try cannot mend it; what was read before stays.
 */
export async function readDimension(
  account: DiscoveredAccount,
  reading: DimensionReading,
  deps: DiscoveryDeps,
  signal: AbortSignal,
): Promise<void> {
  for (let attempts = 1; ; attempts += 1) {
    try {
      await readPages(account, reading, deps, signal);
      return;
    } catch (error) {
      await waitOrThrow(account, error, attempts, deps, signal);
    }
  }
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
      const records = page.rejected.map((record) => rejectedXml(definition, record));
      const rejected = { accountId, jobId: null, eventType: definition.name, runId: null, records };
      deps.onRejected(definition.objectType, await keepRejected(deps.pool, rejected));
      if (page.rejected.length > 0) await onUnreadable?.(deps.pool, accountId, page.rejected);
    }
  } finally {
    slot.release();
  }
}

/** Waits as the policy says before another try; throws what another try cannot mend. */
async function waitOrThrow(
  { client, accountId }: DiscoveredAccount,
  error: unknown,
  attempts: number,
  deps: DiscoveryDeps,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  if (!(error instanceof PipelineError)) throw error;
  const policy: Disposition = errorPolicy[error.code];
  deps.logger.warn({ accountId, code: error.code, reason: error.message, attempts }, 'discovery try failed');
  if (policy.verdict === 'retry') {
    if (policy.isProbed) await deps.gate.probeStatus(client, signal);
    const isGateOpen = !policy.isProbed || (await deps.gate.state()).isOpen;
    if (isGateOpen && attempts > policy.attemptsMax) throw error;
    await deps.sleep(backoffMs(attempts - 1, deps.retryBaseMs, deps.random), signal);
  } else if (policy.verdict === 'slow' && attempts <= policy.attemptsMax) {
    await deps.sleep(slowDownMs(attempts - 1, deps.retryBaseMs, error.context['retryAfterMs']), signal);
  } else if (policy.verdict === 'restart' && attempts <= 3) {
    await deps.sleep(backoffMs(attempts - 1, deps.retryBaseMs, deps.random), signal);
  } else {
    throw error;
  }
}
