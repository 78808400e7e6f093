import { randomBytes } from 'node:crypto';

import type { Fault } from '../faults/faults.ts';
import { outageHtml, presetFault } from '../faults/fault-responses.ts';
import type { SoapRequest } from '../soap/requests.ts';

export interface Credentials {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly username: string;
  readonly password: string;
}

interface TokenResponse {
  readonly status: number;
  readonly body: string;
  readonly contentType: string;
  readonly accountId?: number;
}

export interface TokenOptions {
  readonly credentials: Credentials;
  readonly accountIds: readonly number[];
  readonly lifetimeSeconds: number;
  readonly nowMs: () => number;
  readonly baseUrl: () => string;
}

export interface Tokens {
  /** Serves a token request; a fault may damage the response. */
  request(body: string, fault: (accountId: number) => Fault | undefined): TokenResponse;
  /**
   * The business unit of a token.
   *
   * @throws {FaultRefusal} when it has expired or is unknown.
   */
  accountOfToken(token: string): number;
  /**
   * The business unit that a SOAP request may act in.
   *
   * @throws {FaultRefusal} when its token has expired or its credentials are wrong.
   */
  accountOf(request: SoapRequest, requestedAccountIds: readonly number[]): number;
}

const scope =
  'offline email_read email_send email_write tracking_events_read data_extensions_read list_and_subscribers_read';

export function createTokens(options: TokenOptions): Tokens {
  const issued = new Map<string, { accountId: number; expiresAt: number }>();
  const [packageAccountId = 0] = options.accountIds;
  const issue = (accountId: number): string => {
    // As long as real ones are: a token that must fit into a short field breaks here and not in production.
    const token = randomBytes(240).toString('base64url');
    issued.set(token, { accountId, expiresAt: options.nowMs() + options.lifetimeSeconds * 1000 });
    return token;
  };
  const accountOfToken = (text: string): number => {
    const token = issued.get(text);
    if (token === undefined) throw presetFault('login-failed', packageAccountId);
    if (token.expiresAt <= options.nowMs()) throw presetFault('token-expired', token.accountId);
    return token.accountId;
  };
  return {
    accountOfToken,
    request: (body, faultOf) => {
      const requested = parseTokenRequest(body);
      const refused = refusalOf(requested, options);
      if (refused !== undefined) return refused;
      const accountId = requested.accountId ?? packageAccountId;
      return grant(issue(accountId), accountId, faultOf(accountId), options);
    },
    accountOf: (request, requested) => {
      if (request.token !== undefined) return accountOfToken(request.token);
      const { username, password } = options.credentials;
      if (request.username !== username || request.password !== password)
        throw presetFault('login-failed', packageAccountId);

      return requested.find((accountId) => options.accountIds.includes(accountId)) ?? packageAccountId;
    },
  };
}

function refusalOf(
  requested: TokenRequest,
  { credentials, accountIds }: TokenOptions,
): TokenResponse | undefined {
  if (requested.clientId !== credentials.clientId || requested.clientSecret !== credentials.clientSecret) {
    return refuse(
      401,
      'invalid_client',
      'Client authentication failed. Make sure that the client ID and client secret are valid and that the package is installed and enabled.',
    );
  }
  if (requested.grantType !== 'client_credentials')
    return refuse(400, 'unsupported_grant_type', 'The grant type is not supported.');

  if (requested.accountId !== undefined && !accountIds.includes(requested.accountId))
    return refuse(400, 'invalid_request', 'The package is not enabled for the requested business unit.');

  return undefined;
}

function grant(
  token: string,
  accountId: number,
  fault: Fault | undefined,
  options: TokenOptions,
): TokenResponse {
  if (fault?.kind === 'token-garbage')
    return { status: 200, body: outageHtml, contentType: 'text/html', accountId };

  // Marketing Cloud: both base URLs end in a slash.
  const baseUrl = `${options.baseUrl()}/`;
  const isLed = fault?.kind === 'bad-soap-instance-url';
  const granted = {
    access_token: token,
    token_type: 'Bearer',
    expires_in: options.lifetimeSeconds,
    scope,
    soap_instance_url: isLed ? (fault.url ?? 'https://soap.example.com/') : baseUrl,
    rest_instance_url: baseUrl,
  };
  return json(200, granted, accountId);
}

interface TokenRequest {
  readonly grantType?: string | undefined;
  readonly clientId?: string | undefined;
  readonly clientSecret?: string | undefined;
  readonly accountId?: number | undefined;
}

function parseTokenRequest(body: string): TokenRequest {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return {};
  }
  if (typeof parsed !== 'object' || parsed === null) return {};
  const fields = new Map<string, unknown>(Object.entries(parsed));
  const text = (name: string): string | undefined => {
    const value = fields.get(name);
    return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
  };
  const accountId = text('account_id');
  return {
    grantType: text('grant_type'),
    clientId: text('client_id'),
    clientSecret: text('client_secret'),
    accountId: accountId === undefined || accountId === '' ? undefined : Number(accountId),
  };
}

function refuse(status: number, error: string, description: string): TokenResponse {
  return json(status, {
    error,
    error_description: description,
    error_uri: 'https://developer.salesforce.com/docs',
  });
}

function json(status: number, body: object, accountId?: number): TokenResponse {
  return {
    status,
    body: JSON.stringify(body),
    contentType: 'application/json;charset=UTF-8',
    ...(accountId === undefined ? {} : { accountId }),
  };
}
