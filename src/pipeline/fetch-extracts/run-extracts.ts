import { ConfigInvalidError } from '../../errors.ts';
import { makeFolder } from '../../make-folder.ts';
import type { AccountClient } from '../../marketing-cloud/account-client.ts';
import {
  enterExtracts,
  type ExtractEntry,
  lockExtract,
  noteFailed,
  readLatest,
} from '../../store/import/extract-requests.ts';
import type { ProcessSession } from '../../store/connection/session.ts';
import type { Sleep } from '../backoff.ts';
import { type ExtractWish, planExtracts, scopeOf } from './plan-extracts.ts';
import { type SendDeps, sendExtract } from './send-extract.ts';
import { type ArchiveDeps, ArchiveTaker, type Keeping } from './take-archives.ts';

export interface ExtractCommand extends ExtractWish, Keeping {
  readonly purpose: 'import' | 'reconcile';
  /** How long to wait without a new archive. */
  readonly waitMs: number;
}

export interface ExtractDeps extends SendDeps, ArchiveDeps {
  readonly session: ProcessSession;
  readonly findClient: (accountId: number) => AccountClient | undefined;
  /** A part of file names that is used once. */
  readonly nameOf: () => string;
  readonly sleep: Sleep;
}

export interface ExtractsEnd {
  readonly outcome: 'settled' | 'waiting' | 'interrupted';
  readonly entries: readonly ExtractEntry[];
  /** Why nothing could be fetched at the last look, where that was so. */
  readonly obstacle: string | undefined;
}

/** Requests of an account that Marketing Cloud works on at a time. */
const requestedMax = 4;

/** The longest wait between two looks. */
const pollMsMax = 60_000;

/**
 * Requests extracts, waits for their archives, loads each as it arrives, and puts the files away. Every step is in the
 * ledger before it has consequences, so that the same command goes on after an interruption, wherever it was.
 *
 * @throws {ConfigInvalidError} when the SFTP server cannot be used as the settings say; then nothing is requested.
 */
export async function runExtracts(command: ExtractCommand, deps: ExtractDeps): Promise<ExtractsEnd> {
  const { pool, session, folder, signal } = deps;
  const scope = scopeOf(command.purpose, command);
  if (!(await lockExtract(session.connection, scope)))
    throw new ConfigInvalidError('another process works on the same extracts: it goes on there');
  makeFolder(folder, 0o700);
  (await deps.openSftp(signal)).close();
  if (openOf(await readLatest(pool, scope)).length === 0)
    await enterExtracts(pool, scope, planExtracts(command, deps.nameOf));
  const archives = new ArchiveTaker(deps, command);
  let outcome: ExtractsEnd['outcome'] = 'interrupted';
  try {
    outcome = await settle(scope, command.waitMs, archives, deps);
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
  }
  return { outcome, entries: await readLatest(pool, scope), obstacle: archives.obstacle };
}

/** Looks, sends what may be sent, waits, until all requests are settled or nothing has arrived for the given time. */
async function settle(
  scope: string,
  silenceMs: number,
  archives: ArchiveTaker,
  deps: ExtractDeps,
): Promise<'settled' | 'waiting'> {
  const { pool, now, sleep, pollBaseMs, signal } = deps;
  let progressAtMs = now().getTime();
  let waitMs = pollBaseMs;
  for (;;) {
    signal.throwIfAborted();
    const open = openOf(await readLatest(pool, scope));
    if (open.length === 0) return 'settled';
    const hasLoaded = await archives.look(open);
    const hasSent = await send(await readLatest(pool, scope), archives, deps);
    if (hasLoaded || hasSent) progressAtMs = now().getTime();
    if (hasLoaded) continue;
    if (openOf(await readLatest(pool, scope)).length === 0) return 'settled';
    const isOver = now().getTime() - progressAtMs >= silenceMs;
    if (isOver && !archives.isNear) return 'waiting';
    waitMs = hasSent || archives.isNear ? pollBaseMs : Math.min(pollMsMax, waitMs * 2);
    await sleep(waitMs, signal);
  }
}

/** Sends what was not accepted yet, as far as each account may have more. Returns whether a request was accepted. */
async function send(
  entries: readonly ExtractEntry[],
  archives: ArchiveTaker,
  deps: ExtractDeps,
): Promise<boolean> {
  let hasSent = false;
  for (const [accountId, own] of Map.groupBy(entries, (entry) => entry.accountId)) {
    const client = deps.findClient(accountId);
    const requested = own.filter(({ state }) => state === 'requested').length;
    // One whose archive is there was accepted, although its response was lost.
    const planned = own.filter((entry) => entry.state === 'planned' && !archives.isThere(entry));
    for (const entry of planned.slice(0, Math.max(0, requestedMax - requested))) {
      if (client === undefined) break;
      const refusal = await sendExtract(entry, client, deps, deps.signal);
      if (refusal === undefined) {
        hasSent = true;
        continue;
      }
      // What Marketing Cloud refuses once it refuses for every span.
      for (const one of planned.slice(planned.indexOf(entry)))
        await noteFailed(deps.pool, one.requestId, refusal);
      break;
    }
  }
  return hasSent;
}

function openOf(entries: readonly ExtractEntry[]): ExtractEntry[] {
  return entries.filter(({ state }) => state !== 'done' && state !== 'failed');
}
