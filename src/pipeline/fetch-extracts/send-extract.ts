import { PipelineError } from '../../errors.ts';
import type { AccountClient } from '../../marketing-cloud/account-client.ts';
import { findTrackingExtract, requestTrackingExtract } from '../../marketing-cloud/request-extract.ts';
import type { Pool } from '../../store/connection/pool.ts';
import { type ExtractEntry, noteRequested, noteSending } from '../../store/import/extract-requests.ts';
import { extractAdvice } from '../policy/error-policy.ts';
import { type PolicyDeps, runWithPolicy, type Work } from '../policy/run-with-policy.ts';

export interface SendDeps {
  readonly pool: Pool;
  readonly policy: PolicyDeps;
}

/** Why a request was refused for good. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
}

/**
 * Requests one extract, after the ledger says that it may have left. What may pass is tried again, as for every request.
 * Returns the refusal where there is one.
 *
 * Sending it twice is harmless: both write the same events to the same name.
 *
 * @throws the signal's reason, and what no attempt can change.
 */
export async function sendExtract(
  entry: ExtractEntry,
  client: AccountClient,
  { pool, policy }: SendDeps,
  signal: AbortSignal,
): Promise<Refusal | undefined> {
  const { requestId, accountId } = entry;
  const work: Work<string | undefined> = {
    ...{ accountId, client, attempts: 0, restarts: 0, isOptional: false },
    ...{ isCursorReplayable: false, canSplit: false, fields: { accountId, extractRequest: requestId } },
    isMidway: () => false,
    hasSplitWithoutProgress: () => Promise.resolve(false),
    attempt: async () => {
      const extractId = await findTrackingExtract(client, signal);
      await noteSending(pool, requestId);
      return await requestTrackingExtract(client, extractId, contentOf(entry), signal);
    },
    beforeRetry: () => Promise.resolve(true),
  };
  const end = await runWithPolicy(work, policy, signal);
  if (end.kind === 'done') {
    await noteRequested(pool, requestId, end.result);
    return undefined;
  }
  const { error, kind } = end;
  if (kind === 'halt' || kind === 'release' || !(error instanceof PipelineError)) throw error;
  return { code: error.code, message: refusalText(error) };
}

function contentOf({ from, to, eventTypes, jobIds, fileName }: ExtractEntry) {
  return { from, to, eventTypes, fileName, jobIds: jobIds ?? undefined };
}

function refusalText({ code, message }: PipelineError): string {
  const hint = extractAdvice(code);
  return hint === undefined ? message : `${hint} (${message.replace(/\.$/u, '')})`;
}
