import {
  AccountRefusedError,
  RateLimitedError,
  RequestInvalidError,
  ResponseMalformedError,
  TransportError,
} from '../errors.ts';
import { rememberSecret } from '../known-secrets.ts';
import type { Reachability } from './transport/reachability.ts';
import { isTrustedSoapUrl, joinUrl } from './transport/service-url.ts';
import { locationOf, parseRetryAfter } from './source-errors.ts';
import type { Transport, TransportResponse } from './transport/transport.ts';

export interface AccessToken {
  readonly token: string;
  /** URL of this token's SOAP service, if the token service named one. */
  readonly soapUrl: string | undefined;
}

export interface TokenSource {
  get(signal: AbortSignal): Promise<AccessToken>;
  /** Returns a token other than the refused one; callers that were refused together share one request. */
  renew(staleToken: string, signal: AbortSignal): Promise<AccessToken>;
}

export interface TokenSourceOptions {
  readonly authUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** The business unit (MID) to act in; if absent, the package's own. */
  readonly accountId?: number | undefined;
  readonly transport: Transport;
  readonly reachability: Reachability;
  readonly now: () => Date;
}

// Tokens live for about 18 minutes; one that expires during a request is refused.
const renewBeforeEndMs = 2 * 60 * 1000;
// A token response has two kilobytes, most of them the token.
const responseBytesMax = 64 * 1024;

/**
 * Keeps one access token: fetched when first needed, kept until shortly before it expires, with one request
 * for all callers that wait. There are no refresh tokens: renewing means requesting a new one.
 *
 * @throws {AccountRefusedError} when the credentials are refused; another request would only lock them.
 */
export function createTokenSource(options: TokenSourceOptions): TokenSource {
  const { reachability } = options;
  let current: (AccessToken & { readonly usableUntilMs: number }) | undefined;
  let pending: Promise<AccessToken> | undefined;

  async function fetchToken(): Promise<AccessToken> {
    const requestedAtMs = options.now().getTime();
    try {
      const { expiresInMs, ...token } = await requestToken(options).catch(async (error: unknown) => {
        const setting = 'SFMC_SUBDOMAIN or SFMC_AUTH_URL';
        throw await reachability.explain(error, options.authUrl, setting, requestedAtMs);
      });
      const usableMs = Math.max(expiresInMs - renewBeforeEndMs, expiresInMs / 2);
      current = { ...token, usableUntilMs: requestedAtMs + usableMs };
      return token;
    } finally {
      pending = undefined;
    }
  }

  async function get(signal: AbortSignal): Promise<AccessToken> {
    signal.throwIfAborted();
    if (current !== undefined && options.now().getTime() < current.usableUntilMs) return current;
    pending ??= fetchToken();
    return unlessAborted(pending, signal);
  }

  return {
    get,
    renew(staleToken, signal) {
      if (current?.token === staleToken) current = undefined;
      return get(signal);
    },
  };
}

/** An abort ends this caller's wait, not the request that other callers wait for too. */
async function unlessAborted<Value>(shared: Promise<Value>, signal: AbortSignal): Promise<Value> {
  shared.catch(() => undefined); // callers that still wait get the error below
  let stopWaiting = (): void => undefined;
  const aborted = new Promise<void>((resolve) => (stopWaiting = resolve));
  signal.addEventListener('abort', stopWaiting, { once: true });
  try {
    signal.throwIfAborted();
    await Promise.race([shared, aborted]);
    signal.throwIfAborted();
    return await shared;
  } finally {
    signal.removeEventListener('abort', stopWaiting);
  }
}

async function requestToken(options: TokenSourceOptions): Promise<AccessToken & { expiresInMs: number }> {
  const { authUrl, clientId, clientSecret, accountId, transport, now } = options;
  const response = await transport.post(
    {
      url: joinUrl(authUrl, '/v2/token'),
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({
        grant_type: 'client_credentials',
        client_id: clientId,
        client_secret: clientSecret,
        ...(accountId === undefined ? {} : { account_id: String(accountId) }),
      }),
      isRetrieve: false,
    },
    // Shared by all callers, so no abort of one of them ends it; the transport's timeout does.
    new AbortController().signal,
  );
  const fields = await readFields(response);
  // A body in the form of the token service, whether it grants a token or refuses one.
  if (fields['access_token'] !== undefined || fields['error'] !== undefined)
    await options.reachability.noteResponse(authUrl);

  if (response.status === 200) return readToken(fields, authUrl);
  throw refusal(response, fields['error'], accountId, now());
}

function refusal(
  response: TransportResponse,
  error: unknown,
  accountId: number | undefined,
  now: Date,
): Error {
  const { status } = response;
  const context = {
    ...{ httpStatus: status, location: locationOf(response.headers) },
    ...(accountId === undefined ? {} : { accountId }),
  };
  if (status === 429) {
    const retryAfterMs = parseRetryAfter(response.headers['retry-after'], now);
    return new RateLimitedError('The token service asks us to slow down', { ...context, retryAfterMs });
  }
  if (status >= 500) return new TransportError(`The token service returned HTTP ${status}`, context);
  if (status !== 400 && status !== 401 && status !== 403) {
    return new RequestInvalidError(
      `The token service returned HTTP ${status}: check SFMC_AUTH_URL or SFMC_SUBDOMAIN`,
      context,
    );
  }
  // An OAuth error code is one word; anything else may quote the request.
  const word = typeof error === 'string' && /^\w{1,40}$/.test(error) ? `, ${error}` : '';
  const secrets = 'SFMC_CLIENT_ID and SFMC_CLIENT_SECRET';
  const variables =
    accountId === undefined || word === ', invalid_client'
      ? secrets
      : `SFMC_ACCOUNT_IDS (the package must be enabled for this MID), then ${secrets}`;
  return new AccountRefusedError(
    `Marketing Cloud refused the credentials (HTTP ${status}${word}): check ${variables}`,
    context,
  );
}

function readToken(fields: Record<string, unknown>, authUrl: string): AccessToken & { expiresInMs: number } {
  const token = fields['access_token'];
  const expiresIn = Number(fields['expires_in']);
  const soapUrl = fields['soap_instance_url'] ?? undefined;
  if (typeof token !== 'string' || token === '' || !(expiresIn > 0))
    throw new ResponseMalformedError('The token response lacks access_token or expires_in');

  rememberSecret(token);
  if (soapUrl === undefined) return { token, soapUrl, expiresInMs: expiresIn * 1000 };
  if (typeof soapUrl !== 'string' || !isTrustedSoapUrl(soapUrl, authUrl)) {
    throw new ResponseMalformedError(
      'The token response points to a SOAP service that is not the tenant’s own; the token was not sent there (SFMC_SOAP_URL names another)',
    );
  }
  return { token, soapUrl, expiresInMs: expiresIn * 1000 };
}

/** The JSON fields of the response; none if it is not JSON and its status is an error. */
async function readFields(response: TransportResponse): Promise<Record<string, unknown>> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.byteLength;
    if (bytes > responseBytesMax)
      throw new ResponseMalformedError(`The token response exceeds ${responseBytesMax} bytes`);
    chunks.push(Uint8Array.from(chunk));
  }
  try {
    const fields: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    if (typeof fields === 'object' && fields !== null) return { ...fields };
  } catch {
    // The status below decides.
  }
  if (response.status !== 200) return {};
  throw new ResponseMalformedError('The token service did not return JSON', { bytes });
}
