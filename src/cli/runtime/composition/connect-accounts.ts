import type { Config, Credentials } from '../../../config/config.ts';
import { ConfigInvalidError, failureFields, PipelineError } from '../../../errors.ts';
import type { Logger } from '../../../logger.ts';
import { type AccountClient, createAccountClient } from '../../../marketing-cloud/account-client.ts';
import type { AccountAuth } from '../../../marketing-cloud/authenticator.ts';
import { countRequests } from '../../../marketing-cloud/transport/count-requests.ts';
import { createTransport } from '../../../marketing-cloud/transport/transport.ts';
import { type AdmissionDeps, createAdmission } from '../../../pipeline/admission/admission.ts';
import { identifyAccount } from '../../../pipeline/discovery/identify-account.ts';
import type { RunAccount } from '../../../pipeline/run.ts';
import { findDefaultAccount, findReplayableAccounts } from '../../../store/accounts.ts';
import type { CommandContext } from '../../context.ts';
import type { OpenDatabase } from '../../open-database.ts';

export interface ConnectDeps extends AdmissionDeps {
  readonly logger?: Logger;
  /** The process runs until it is stopped: it waits for a person who corrects an address. */
  readonly isService?: boolean;
}

/** One client per business unit that is configured; without any, the credentials' own. */
export async function connectAccounts(
  config: Config,
  context: CommandContext,
  { pool }: OpenDatabase,
  admission: ConnectDeps,
): Promise<RunAccount[]> {
  const mayResume = config.resume !== 'never';
  const replayable = mayResume ? await findReplayableAccounts(pool) : [];
  const connect = (requested: number | undefined, findAccountId: () => number | undefined) => {
    const options = clientOptions(config, context, requested);
    return createAccountClient({
      ...options,
      admission: createAdmission(findAccountId, admission),
      reachability: admission.reachability,
      transport: countRequests(createTransport(options), admission.counter.countFor(findAccountId)),
    });
  };
  if (config.accountIds.length > 0) {
    return config.accountIds.map((accountId) => ({
      accountId,
      client: connect(accountId, () => accountId),
      isDefault: false,
      isCursorReplayable: replayable.includes(accountId),
      mayResume,
    }));
  }
  const identified: { accountId?: number } = {};
  const client = connect(undefined, () => identified.accountId);
  const accountId = await defaultAccount(client, pool, config, context, admission).catch(
    async (error: unknown) => {
      await client.close();
      throw error;
    },
  );
  identified.accountId = accountId;
  const isCursorReplayable = replayable.includes(accountId);
  return [{ accountId, client, isDefault: true, isCursorReplayable, mayResume }];
}

async function defaultAccount(
  client: AccountClient,
  pool: OpenDatabase['pool'],
  { retryBaseMs }: Config,
  { now, signals }: CommandContext,
  { logger, isService = false }: ConnectDeps,
): Promise<number> {
  const known = await findDefaultAccount(pool);
  if (known !== undefined) return known;
  const onFailure = (error: unknown, waitMs: number): void => {
    // A command ends with the failure, and says it then.
    if (isService && error instanceof PipelineError)
      logger?.warn({ ...failureFields(error), waitMs }, 'account could not be identified');
  };
  return identifyAccount(client, { now: now(), retryBaseMs, isService, onFailure }, signals.drain);
}

export function clientOptions(config: Config, { now }: CommandContext, accountId: number | undefined) {
  if (config.credentials === undefined) throw new ConfigInvalidError('SFMC_CLIENT_ID is not set');
  return {
    auth: accountAuth(config.credentials, config.authUrl ?? ''),
    soapUrl: config.soapUrl ?? (config.credentials.kind === 'password' ? config.subdomainSoapUrl : undefined),
    accountId,
    requestTimeoutMs: config.requestTimeoutMs,
    proxy: proxyOf(config),
    now,
  };
}

export function proxyOf({ httpsProxy, noProxy = '' }: Config) {
  return httpsProxy === undefined ? undefined : { url: httpsProxy.reveal(), except: noProxy };
}

function accountAuth(credentials: Credentials, authUrl: string): AccountAuth {
  if (credentials.kind === 'oauth') {
    const { clientId, clientSecret } = credentials;
    return { kind: 'oauth', authUrl, clientId, clientSecret: clientSecret.reveal() };
  }
  const { username, password } = credentials;
  return { kind: 'usernameToken', username, password: password.reveal() };
}

/** The accounts named, of those that are configured. @throws {ConfigInvalidError} for one that is not. */
export function selectAccounts(
  accounts: readonly RunAccount[],
  accountIds: readonly number[] | undefined,
): readonly RunAccount[] {
  if (accountIds === undefined) return accounts;
  const unknown = accountIds.filter((id) => !accounts.some(({ accountId }) => accountId === id));
  if (unknown.length > 0)
    throw new ConfigInvalidError(`--accounts is ${unknown.join(',')}: MIDs that SFMC_ACCOUNT_IDS names`);

  return accounts.filter(({ accountId }) => accountIds.includes(accountId));
}
