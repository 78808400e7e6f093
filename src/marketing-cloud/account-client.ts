import {
  AccountRefusedError,
  ConfigInvalidError,
  type ErrorContext,
  PipelineError,
  TokenExpiredError,
  TransportError,
} from '../errors.ts';
import { createTokenSource, type TokenSource } from './access-token.ts';
import { type Credential, type SoapAction, writeEnvelope } from './request/envelope.ts';
import type { RecordCallback } from './response/record-collector.ts';
import { type ParsedResponse, parseResponse } from './response/response-parser.ts';
import { soapEndpoint } from './service-url.ts';
import { faultError, httpError, parseRetryAfter } from './source-errors.ts';
import { createTransport, type ProxyOptions, type Transport } from './transport.ts';

export type AccountAuth =
  | {
      readonly kind: 'oauth';
      readonly authUrl: string;
      readonly clientId: string;
      readonly clientSecret: string;
    }
  | { readonly kind: 'usernameToken'; readonly username: string; readonly password: string };

/** Decides when a request may leave; the only way to Marketing Cloud leads through it. */
export interface Admission {
  /** Waits until the client may send a request of this kind; rejects with the signal's reason. */
  admit(client: AccountClient, action: SoapAction, signal: AbortSignal): Promise<void>;
}

export interface AccountClientOptions {
  readonly auth: AccountAuth;
  /** Base URL of the SOAP service; goes before the one that comes with the token. */
  readonly soapUrl?: string | undefined;
  /** The business unit (MID); the package's or user's own where absent. */
  readonly accountId?: number | undefined;
  readonly requestTimeoutMs: number;
  readonly proxy?: ProxyOptions | undefined;
  readonly admission: Admission;
  readonly now: () => Date;
}

export interface AccountRequest {
  readonly action: SoapAction;
  /** The element inside `soap:Body`, from `envelope.ts`. */
  readonly body: string;
  readonly properties: readonly string[];
  /** Records that the response may hold. */
  readonly recordsMax: number;
  /** Makes the sink for the records of one attempt; called as that attempt leaves. */
  readonly begin: () => RecordCallback;
  /** Names the request in errors: ids and names only. */
  readonly context?: Readonly<ErrorContext>;
}

/** One business unit of Marketing Cloud, as one set of credentials sees it. */
export interface AccountClient {
  readonly accountId: number | undefined;
  /** The business unit to name in requests, where the credential does not say it. */
  readonly clientId: number | undefined;
  readonly now: () => Date;
  /**
   * Sends one request, once it is admitted, and reads its response; the overall status is the caller's to
   * judge. When the token has ended, it is renewed and the same request sent once more: the first one was
   * refused before anything was done.
   *
   * @throws {AccountRefusedError} when the renewed token is refused too.
   */
  send(request: AccountRequest, signal: AbortSignal): Promise<ParsedResponse>;
  close(): Promise<void>;
}

/** Ties admission, transport, token and envelope together for one business unit. */
export function createAccountClient(options: AccountClientOptions): AccountClient {
  const { auth, accountId, admission, now } = options;
  const transport = createTransport(options);
  const authenticator =
    auth.kind === 'oauth'
      ? tokenAuthenticator(auth, transport, options)
      : passwordAuthenticator(auth, options);

  const client: AccountClient = {
    accountId,
    clientId: auth.kind === 'usernameToken' ? accountId : undefined,
    now,
    async send(request, signal) {
      await admission.admit(client, request.action, signal);
      const authorization = await authenticator.authorize(signal);
      try {
        return await post(request, authorization, { transport, auth, now }, signal);
      } catch (error) {
        if (!(error instanceof TokenExpiredError)) throw error;
      }
      await admission.admit(client, request.action, signal);
      const renewed = await authenticator.renew(authorization, signal);
      try {
        return await post(request, renewed, { transport, auth, now }, signal);
      } catch (error) {
        if (!(error instanceof TokenExpiredError)) throw error;
        const text = 'Marketing Cloud refuses a new token too: check SFMC_CLIENT_ID and SFMC_CLIENT_SECRET';
        throw new AccountRefusedError(text, { ...error.context }, { cause: error });
      }
    },
    close: () => transport.close(),
  };
  return client;
}

/** The credential of a request, and where to send it. */
interface Authorization {
  readonly credential: Credential;
  readonly url: string;
}

interface Authenticator {
  authorize(signal: AbortSignal): Promise<Authorization>;
  /** An authorization other than the one that was refused. */
  renew(refused: Authorization, signal: AbortSignal): Promise<Authorization>;
}

function tokenAuthenticator(
  auth: Extract<AccountAuth, { kind: 'oauth' }>,
  transport: Transport,
  options: AccountClientOptions,
): Authenticator {
  const { accountId, now } = options;
  const tokens = createTokenSource({ ...auth, accountId, transport, now });
  const authorizationOf = ({ token, soapUrl }: Awaited<ReturnType<TokenSource['get']>>): Authorization => ({
    credential: { kind: 'oauth', token },
    url: soapUrlOf(options, soapUrl),
  });
  return {
    authorize: async (signal) => authorizationOf(await tokens.get(signal)),
    renew: async ({ credential }, signal) =>
      authorizationOf(await tokens.renew(credential.kind === 'oauth' ? credential.token : '', signal)),
  };
}

function passwordAuthenticator(
  credential: Extract<AccountAuth, { kind: 'usernameToken' }>,
  options: AccountClientOptions,
): Authenticator {
  const authorization = { credential, url: soapUrlOf(options, undefined) };
  return { authorize: () => Promise.resolve(authorization), renew: () => Promise.resolve(authorization) };
}

function soapUrlOf({ soapUrl }: AccountClientOptions, ofToken: string | undefined): string {
  const base = soapUrl ?? ofToken;
  if (!base) throw new ConfigInvalidError('No SOAP service is known: set SFMC_SUBDOMAIN or SFMC_SOAP_URL');
  return soapEndpoint(base);
}

interface Sender {
  readonly transport: Transport;
  readonly auth: AccountAuth;
  readonly now: () => Date;
}

async function post(
  request: AccountRequest,
  { credential, url }: Authorization,
  { transport, auth, now }: Sender,
  signal: AbortSignal,
): Promise<ParsedResponse> {
  const { action, properties, recordsMax, context = {} } = request;
  const onRecord = request.begin();
  const response = await transport.post(
    {
      url,
      headers: { 'content-type': 'text/xml; charset=utf-8', soapaction: action },
      body: writeEnvelope(action, credential, url, request.body),
      isRetrieve: action === 'Retrieve',
    },
    signal,
  );
  const { status } = response;
  const retryAfterMs = parseRetryAfter(response.headers['retry-after'], now());
  let parsed: ParsedResponse;
  try {
    parsed = await parseResponse(response.body, { properties, onRecord, recordsMax });
  } catch (error) {
    // A body that is no SOAP response, or breaks off, says less than a status that is not 200.
    if (error instanceof TransportError && status !== 200)
      throw httpError(status, retryAfterMs, context, error);
    if (error instanceof PipelineError) error.addContext({ httpStatus: status });
    throw error;
  }
  const details = { ...context, httpStatus: status, requestId: parsed.requestId };
  if (parsed.fault !== undefined) {
    throw faultError(
      parsed.fault,
      auth.kind,
      retryAfterMs === undefined ? details : { ...details, retryAfterMs },
    );
  }
  if (status !== 200) throw httpError(status, retryAfterMs, details);
  return parsed;
}
