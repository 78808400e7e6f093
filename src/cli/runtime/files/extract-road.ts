import { randomUUID } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';
import type { Config } from '../../../config/config.ts';
import { eventCatalog } from '../../../events/catalog.ts';
import { ConfigInvalidError } from '../../../errors.ts';
import { extractedEventTypes } from '../../../marketing-cloud/request/extract-parameters.ts';
import type { Logger } from '../../../logger.ts';
import type { AdmissionDeps } from '../../../pipeline/admission/admission.ts';
import { sleep } from '../../../pipeline/backoff.ts';
import {
  type ExtractCommand,
  type ExtractDeps,
  type ExtractsEnd,
  runExtracts,
} from '../../../pipeline/fetch-extracts/run-extracts.ts';
import type { PolicyDeps } from '../../../pipeline/policy/run-with-policy.ts';
import { type RunAccount, watchGate } from '../../../pipeline/run.ts';
import { openAccount } from '../../../store/accounts.ts';
import { createDatabaseClock } from '../../../store/clock.ts';
import type { Pool } from '../../../store/connection/pool.ts';
import { openProcessSession, type ProcessSession } from '../../../store/connection/session.ts';
import { readAccounts } from '../../../store/status/accounts.ts';
import { openSftp } from '../../../tracking-extract/sftp/open-sftp.ts';
import type { Selection } from '../../options/selection.ts';
import type { CommandContext } from '../../context.ts';
import { endCommandInTime } from '../../ending/end-in-time.ts';
import { openDatabase, type OpenDatabase } from '../../open-database.ts';
import { noticesOf } from '../../output.ts';
import { connectAccounts, selectAccounts } from '../composition/connect-accounts.ts';
import { openAdmission } from '../composition/open-admission.ts';
import { openLogger } from '../composition/open-logger.ts';
import type { NamedExtractsEnd } from './extract-report.ts';
import { sftpOptions } from './sftp-options.ts';

/** What loading an archive needs. */
export interface LoadingParts {
  readonly pool: Pool;
  readonly session: ProcessSession;
  readonly now: () => Date;
  readonly signal: AbortSignal;
}

export interface ExtractWork {
  readonly command: string;
  readonly wish: Omit<ExtractCommand, 'accountIds' | 'eventTypes' | 'jobIds'> & Selection;
  readonly load: (parts: LoadingParts) => ExtractDeps['load'];
  /** Called while everything is still open. */
  readonly finish: (end: ExtractsEnd, parts: LoadingParts) => Promise<void>;
}

/**
 * Opens what requests and fetches extracts, carries out a command, and closes everything.
 *
 * @throws {SourceUnavailableError} when the gate has been closed for longer than it may be.
 */
export function takeExtractRoad(
  work: ExtractWork,
  config: Config,
  context: CommandContext,
): Promise<NamedExtractsEnd> {
  return endCommandInTime(context, config, () => takeToEnd(work, config, context));
}

async function takeToEnd(
  { command, wish, load, finish }: ExtractWork,
  config: Config,
  given: CommandContext,
): Promise<NamedExtractsEnd> {
  const sftp = sftpOptions(config);
  const onNotice = noticesOf(given);
  const eventTypes = typesOf(wish.eventTypes, config, onNotice);
  const logger = await openLogger(config, given);
  const database = await openDatabase(config, { command, onNotice });
  const closing: (() => Promise<unknown>)[] = [() => database.close()];
  const isOver = new AbortController();
  try {
    const { pool } = database;
    const now = await createDatabaseClock(pool);
    const admission = openAdmission(config, now, pool, logger);
    const accounts = await openAccounts(config, { ...given, now }, database, admission, closing);
    const chosen = selectAccounts(accounts, wish.accountIds);
    const session = await openProcessSession(database.url, {
      command,
      host: os.hostname(),
      pid: process.pid,
    });
    closing.push(() => session.end());
    const gaveUp = new AbortController();
    const watching = { gate: admission.gate, gateWaitMs: config.gateWaitMs, sleep };
    watchGate(watching, gaveUp, isOver.signal).catch(() => undefined);
    const signal = AbortSignal.any([given.signals.drain, session.lost, gaveUp.signal]);
    const parts: LoadingParts = { pool, session, now, signal };
    const end = await runExtracts(
      { ...wish, accountIds: chosen.map(({ accountId }) => accountId), eventTypes, jobIds: wish.jobIds },
      {
        ...{ ...parts, sleep, onNotice, pollBaseMs: config.retryBaseMs, load: load(parts) },
        policy: policyOf(config, admission, logger),
        openSftp: (stop) => openSftp(sftp, stop),
        folder: path.join(config.dataDir, 'extracts'),
        findClient: (id) => clientOf(chosen, id),
        nameOf: () => randomUUID().slice(0, 8),
      },
    );
    if (gaveUp.signal.aborted) throw gaveUp.signal.reason;
    await finish(end, parts);
    return { ...end, accounts: await readAccounts(pool) };
  } finally {
    isOver.abort();
    for (const close of closing.splice(0).reverse()) await close();
  }
}

/** The accounts that are configured, their requests counted. */
async function openAccounts(
  config: Config,
  context: CommandContext,
  database: OpenDatabase,
  admission: AdmissionDeps,
  closing: (() => Promise<unknown>)[],
): Promise<readonly RunAccount[]> {
  admission.counter.start();
  closing.push(() => admission.counter.stop());
  const accounts = await connectAccounts(config, context, database, admission);
  closing.push(() => Promise.all(accounts.map(({ client }) => client.close())));
  for (const { accountId, isDefault } of accounts) await openAccount(database.pool, accountId, isDefault);
  return accounts;
}

function policyOf({ retryBaseMs }: Config, { gate, rateLimit }: AdmissionDeps, logger: Logger): PolicyDeps {
  return {
    ...{ gate, retryBaseMs, isService: false, random: Math.random, sleep, logger },
    slowAccount: (accountId, code) => rateLimit.reduce(accountId, code),
  };
}

function clientOf(accounts: readonly RunAccount[], id: number) {
  return accounts.find(({ accountId }) => accountId === id)?.client;
}

/** The event types that extracts have; the others are named once. */
function typesOf(
  requested: Selection['eventTypes'],
  config: Config,
  onNotice: (line: string) => void,
): readonly string[] {
  const wanted = eventCatalog
    .map(({ name }) => name)
    .filter((name) => (requested ?? config.eventTypes).includes(name));
  const others = wanted.filter((name) => !extractedEventTypes.includes(name));
  const types = wanted.filter((name) => extractedEventTypes.includes(name));
  if (types.length === 0) {
    throw new ConfigInvalidError(
      `--events is ${others.join(',')}: extracts have ${extractedEventTypes.join(', ')}`,
    );
  }
  if (others.length > 0) onNotice(`not in extracts: ${others.join(', ')}; a backfill reads them`);
  return types;
}
