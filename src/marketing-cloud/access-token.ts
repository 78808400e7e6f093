import {
  AccountRefusedError,
  RateLimitedError,
  RequestInvalidError,
  ResponseMalformedError,
  TransportError,
} from '../errors.ts';
import { isTrustedSoapUrl, joinUrl } from './service-url.ts';
import { parseRetryAfter } from './source-errors.ts';
import type { Answer, Transport } from './transport.ts';

export interface AccessToken {
  readonly token: string;
  /** Where this token's SOAP service is, if the token service said. */
  readonly soapUrl: string | undefined;
}

export interface TokenSource {
  get(signal: AbortSignal): Promise<AccessToken>;
  /** A token other than the one that was refused; callers that were refused together share one request. */
  renew(staleToken: string, signal: AbortSignal): Promise<AccessToken>;
}

export interface TokenSourceOptions {
  readonly authUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** The business unit (MID) to act in; the package's own where absent. */
  readonly accountId?: number | undefined;
  readonly transport: Transport;
  readonly now: () => Date;
}

// Tokens live for about 18 minutes; one that ends in mid-request is refused.
const renewBeforeEndMs = 2 * 60 * 1000;
// A token answer has two kilobytes, most of them the token.
const answerBytesMax = 64 * 1024;

/**
 * Keeps one access token: fetched when first needed, kept until shortly before it ends, one request
 * however many callers wait. There are no refresh tokens; renewing is asking anew.
 *
 * @throws {AccountRefusedError} when the credentials are refused; asking again would only lock them.
 */
export function createTokenSource(options: TokenSourceOptions): TokenSource {
  let current: (AccessToken & { readonly usableUntilMs: number }) | undefined;
  let pending: Promise<AccessToken> | undefined;

  async function fetchToken(): Promise<AccessToken> {
    const askedAtMs = options.now().getTime();
    try {
      const { expiresInMs, ...token } = await requestToken(options);
      const usableMs = Math.max(expiresInMs - renewBeforeEndMs, expiresInMs / 2);
      current = { ...token, usableUntilMs: askedAtMs + usableMs };
      return token;
    } finally {
      pending = undefined;
    }
  }

  function get(signal: AbortSignal): Promise<AccessToken> {
    if (current !== undefined && options.now().getTime() < current.usableUntilMs)
      return Promise.resolve(current);
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

/** One caller's abort ends that caller's wait, not the request the others wait for too. */
async function unlessAborted<Value>(shared: Promise<Value>, signal: AbortSignal): Promise<Value> {
  shared.catch(() => undefined); // whoever still waits is told below
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
  const answer = await transport.post(
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
    // Shared by all who wait, so it belongs to none of them; the transport's time-out bounds it.
    new AbortController().signal,
  );
  const fields = await readFields(answer);
  if (answer.status === 200) return readToken(fields, authUrl);
  throw refusal(answer, fields['error'], accountId, now());
}

function refusal(answer: Answer, error: unknown, accountId: number | undefined, now: Date): Error {
  const { status } = answer;
  const context = { httpStatus: status, ...(accountId === undefined ? {} : { accountId }) };
  if (status === 429) {
    const retryAfterMs = parseRetryAfter(answer.headers['retry-after'], now);
    return new RateLimitedError('The token service asks us to slow down', { ...context, retryAfterMs });
  }
  if (status >= 500) return new TransportError(`The token service answered HTTP ${status}`, context);
  if (status !== 400 && status !== 401 && status !== 403) {
    return new RequestInvalidError(
      `The token service answered HTTP ${status}: check SFMC_AUTH_URL or SFMC_SUBDOMAIN`,
      context,
    );
  }
  // An error code of OAuth is a word; anything else may quote what was sent.
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
    throw new ResponseMalformedError('The token answer lacks access_token or expires_in');

  if (soapUrl === undefined) return { token, soapUrl, expiresInMs: expiresIn * 1000 };
  if (typeof soapUrl !== 'string' || !isTrustedSoapUrl(soapUrl, authUrl)) {
    throw new ResponseMalformedError(
      'The token answer points to a SOAP service that is not at Marketing Cloud; the token was not sent there',
    );
  }
  return { token, soapUrl, expiresInMs: expiresIn * 1000 };
}

/** The answer's JSON fields; none where it is not JSON and its status says enough. */
async function readFields(answer: Answer): Promise<Record<string, unknown>> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer.body) {
    bytes += chunk.byteLength;
    if (bytes > answerBytesMax)
      throw new ResponseMalformedError(`The token answer passes ${answerBytesMax} bytes`);
    chunks.push(chunk);
  }
  try {
    const fields: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    if (typeof fields === 'object' && fields !== null) return { ...fields };
  } catch {
    // Told apart below by the status.
  }
  if (answer.status !== 200) return {};
  throw new ResponseMalformedError('The token service did not answer with JSON', { bytes });
}
