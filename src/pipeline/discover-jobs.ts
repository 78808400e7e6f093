import { PipelineError } from '../errors.ts';
import { createColumnPage } from '../events/columns.ts';
import { send } from '../events/send.ts';
import { triggeredSend } from '../events/triggered-send.ts';
import type { Logger } from '../logger.ts';
import type { AccountClient } from '../marketing-cloud/account-client.ts';
import type { Filter } from '../marketing-cloud/filter.ts';
import { retrievePages } from '../marketing-cloud/retrieve.ts';
import { recordClockOffset, recordDiscovery } from '../store/accounts.ts';
import { type Dimension, findJobsToRefresh, upsertDimension } from '../store/jobs.ts';
import { keepRejected } from '../store/rejected-records.ts';
import { rejectedXml } from './commit-page.ts';
import { type Disposition, errorPolicy } from './error-policy.ts';
import type { Gate } from './gate.ts';
import { backoffMs, rest, slowDownMs } from './patience.ts';
import { retentionMs } from './plan-tasks.ts';
import { createWindow, halveWindow } from './windows.ts';
import type { Window } from '../store/task-ledger.ts';
import type { Pool } from '../store/pool.ts';

/** How far before the last discovery the next one begins: a Send may be written long after its dates. */
const discoveryOverlapMs = 7 * 24 * 60 * 60 * 1000;

/** Marketing Cloud: how many values `IN` takes is not documented. */
const idsPerRequest = 100;

/** No list of jobs or definitions has more pages. */
const pagesMax = 400;

const jobs: Dimension = {
  definition: send,
  key: 'job_id',
  padded: ['email_name', 'subject'],
  stamps: { counters_at: 'now()', is_stub: 'false' },
};

const definitions: Dimension = {
  definition: triggeredSend,
  key: 'triggered_send_id',
  padded: [],
  stamps: {},
};

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
  /** Waits for gate and rate limit, and counts the request. */
  readonly beforeRequest: (client: AccountClient, accountId: number, signal: AbortSignal) => Promise<void>;
  /** Hears how many records were set aside for the first time. */
  readonly onRejected: (objectType: string, count: number) => void;
}

export interface DiscoveredAccount {
  readonly accountId: number;
  readonly client: AccountClient;
  readonly jobsDiscoveredUntil: Date | null;
}

/**
 * Brings the jobs of an account up to date: Sends modified since the last discovery, the definitions of
 * triggered sends, and the counters of every job that may still gather events.
 *
 * Jobs are written page by page; the discovery counts only once it is complete.
 *
 * @throws {PipelineError} when a Retrieve keeps failing; what was read before stays.
 */
export async function discoverJobs(
  account: DiscoveredAccount,
  deps: DiscoveryDeps,
  signal: AbortSignal,
): Promise<void> {
  const { accountId, jobsDiscoveredUntil } = account;
  const startedAt = deps.now();
  const since =
    jobsDiscoveredUntil === null
      ? startedAt.getTime() - retentionMs
      : jobsDiscoveredUntil.getTime() - discoveryOverlapMs;
  // Marketing Cloud: its clock may run ahead of ours.
  const window = createWindow(since, startedAt.getTime() + discoveryOverlapMs);
  if (window !== undefined) await readModifiedSends(account, window, deps, signal);
  await readDefinitions(account, deps, signal);
  await refreshOpenJobs(account, startedAt, deps, signal);
  await recordDiscovery(deps.pool, accountId, startedAt);
}

async function readModifiedSends(
  account: DiscoveredAccount,
  window: Window,
  deps: DiscoveryDeps,
  signal: AbortSignal,
): Promise<void> {
  const filter: Filter = { property: 'ModifiedDate', operator: 'between', values: [window.from, window.to] };
  try {
    await readDimension(account, jobs, filter, deps, signal);
  } catch (error) {
    const halves = isPolicy(error, 'split') ? halveWindow(window) : undefined;
    if (halves === undefined) throw error;
    for (const half of halves) await readModifiedSends(account, half, deps, signal);
  }
}

/** Which triggered sends are Active keeps their jobs open; without the scope for it, their events do. */
async function readDefinitions(
  account: DiscoveredAccount,
  deps: DiscoveryDeps,
  signal: AbortSignal,
): Promise<void> {
  try {
    // Marketing Cloud: filters on definition objects are not reliable, so all of them are read; they are few.
    await readDimension(account, definitions, undefined, deps, signal);
  } catch (error) {
    const isOurs = error instanceof PipelineError && error.code !== 'ACCOUNT_REFUSED' && !signal.aborted;
    if (!isOurs) throw error;
    const fields = { accountId: account.accountId, code: error.code, reason: error.message };
    deps.logger.warn(fields, 'triggered send definitions could not be read');
  }
}

async function refreshOpenJobs(
  account: DiscoveredAccount,
  startedAt: Date,
  deps: DiscoveryDeps,
  signal: AbortSignal,
): Promise<void> {
  const activeSince = new Date(startedAt.getTime() - deps.lookbackMs);
  const jobIds = await findJobsToRefresh(deps.pool, account.accountId, { before: startedAt, activeSince });
  for (let first = 0; first < jobIds.length; first += idsPerRequest) {
    const values = jobIds.slice(first, first + idsPerRequest);
    const filter: Filter = { property: 'ID', operator: values.length === 1 ? 'equals' : 'IN', values };
    await readDimension(account, jobs, filter, deps, signal);
  }
}

/** Reads all pages of one Retrieve, again from the first one after a failure that may pass. */
async function readDimension(
  account: DiscoveredAccount,
  dimension: Dimension,
  filter: Filter | undefined,
  deps: DiscoveryDeps,
  signal: AbortSignal,
): Promise<void> {
  for (let attempts = 1; ; attempts += 1) {
    try {
      await readPages(account, dimension, filter, deps, signal);
      return;
    } catch (error) {
      await waitOrThrow(account, error, attempts, deps, signal);
    }
  }
}

async function readPages(
  { accountId, client }: DiscoveredAccount,
  dimension: Dimension,
  filter: Filter | undefined,
  deps: DiscoveryDeps,
  signal: AbortSignal,
): Promise<void> {
  const { definition } = dimension;
  const slot = await deps.acquireSlot(accountId, signal);
  try {
    const pages = retrievePages(
      client,
      { definition, filter, pageSize: deps.pageSize, pagesMax },
      () => createColumnPage(definition, { accountId, jobId: undefined }),
      signal,
      { beforeRequest: () => deps.beforeRequest(client, accountId, signal) },
    );
    for await (const { page, serverTime } of pages) {
      if (serverTime !== undefined) {
        await recordClockOffset(deps.pool, accountId, serverTime.getTime() - deps.now().getTime());
      }
      await upsertDimension(deps.pool, dimension, accountId, page);
      const records = page.rejected.map((record) => rejectedXml(definition, record));
      const rejected = { accountId, jobId: null, eventType: definition.name, runId: null, records };
      deps.onRejected(definition.objectType, await keepRejected(deps.pool, rejected));
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
    if (policy.isProbed) await deps.gate.explainFailure(client, signal);
    const isGateOpen = !policy.isProbed || (await deps.gate.state()).isOpen;
    if (isGateOpen && attempts > policy.attemptsMax) throw error;
    await rest(backoffMs(attempts - 1, deps.retryBaseMs, deps.random), signal);
  } else if (policy.verdict === 'slow' && attempts <= policy.attemptsMax) {
    await rest(slowDownMs(attempts - 1, deps.retryBaseMs, error.context['retryAfterMs']), signal);
  } else if (policy.verdict === 'restart' && attempts <= 3) {
    await rest(backoffMs(attempts - 1, deps.retryBaseMs, deps.random), signal);
  } else {
    throw error;
  }
}

function isPolicy(error: unknown, verdict: Disposition['verdict']): boolean {
  return error instanceof PipelineError && errorPolicy[error.code].verdict === verdict;
}
