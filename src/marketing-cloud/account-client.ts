import {
  AccountRefusedError,
  type ErrorContext,
  LoginFailedError,
  PipelineError,
  TokenExpiredError,
  TransportError,
} from '../errors.ts';
import { type AccountAuth, type Authorization, createAuthenticator } from './authenticator.ts';
import { type SoapAction, writeEnvelope } from './request/envelope.ts';
import type { Reachability } from './transport/reachability.ts';
import type { RecordSink } from './response/record-sink.ts';
import { type ParsedResponse, parseResponse } from './response/response-parser.ts';
import { faultError, httpError, locationOf, loginFailedCode, parseRetryAfter } from './source-errors.ts';
import { createTransport, type ProxyOptions, type Transport } from './transport/transport.ts';

/** Decides when a request may leave; the only way to Marketing Cloud leads through it. */
export interface Admission {
  /** Waits until the client may send a request of this kind; rejects with the signal's reason. */
  admit(client: AccountClient, action: SoapAction, signal: AbortSignal): Promise<void>;
  /** A request that was admitted got a response that is no fault. */
  succeeded(action: SoapAction): Promise<void>;
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
  readonly reachability: Reachability;
  /** Undefined: one of its own. It is closed with the client. */
  readonly transport?: Transport | undefined;
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
  readonly begin: () => RecordSink;
  /** Called once the request is admitted; true where it had to wait again, so that it has to be admitted anew. */
  readonly keepTurn?: (() => Promise<boolean>) | undefined;
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
   * @throws {LoginFailedError} when it is, and the fault says that the login failed.
   */
  send(request: AccountRequest, signal: AbortSignal): Promise<ParsedResponse>;
  close(): Promise<void>;
}

/** Ties admission, transport, token and envelope together for one business unit. */
export function createAccountClient(options: AccountClientOptions): AccountClient {
  const { auth, accountId, admission, now, reachability } = options;
  const { transport = createTransport(options) } = options;
  const authenticator = createAuthenticator(options, transport);

  const sender = { transport, auth, now, reachability };
  const admit = async ({ action, keepTurn }: AccountRequest, signal: AbortSignal): Promise<void> => {
    do await admission.admit(client, action, signal);
    while (await keepTurn?.());
  };
  const sendWithToken = async (request: AccountRequest, signal: AbortSignal): Promise<ParsedResponse> => {
    await admit(request, signal);
    const authorization = await authenticator.authorize(signal);
    try {
      return await postAndExplain(request, authorization, sender, signal);
    } catch (error) {
      if (!(error instanceof TokenExpiredError)) throw error;
    }
    await admit(request, signal);
    const renewed = await authenticator.renew(authorization, signal);
    try {
      return await postAndExplain(request, renewed, sender, signal);
    } catch (error) {
      throw error instanceof TokenExpiredError ? refusedAgain(error) : error;
    }
  };
  const client: AccountClient = {
    accountId,
    clientId: auth.kind === 'usernameToken' ? accountId : undefined,
    now,
    async send(request, signal) {
      const response = await sendWithToken(request, signal);
      await admission.succeeded(request.action);
      return response;
    },
    close: () => transport.close(),
  };
  return client;
}

/** The error of a new token that is refused too. A failed login may be a spell that passes. */
function refusedAgain(error: TokenExpiredError): PipelineError {
  const text = 'Marketing Cloud refuses a new token too: check SFMC_CLIENT_ID and SFMC_CLIENT_SECRET';
  const isLoginFailed = error.context.detailCode === loginFailedCode || /login failed/i.test(error.message);
  const RefusedError = isLoginFailed ? LoginFailedError : AccountRefusedError;
  return new RefusedError(text, { ...error.context }, { cause: error });
}

interface Sender {
  readonly transport: Transport;
  readonly auth: AccountAuth;
  readonly now: () => Date;
  readonly reachability: Reachability;
}

/** Posts, and finds out whether a service that fails has ever responded. */
async function postAndExplain(
  request: AccountRequest,
  authorization: Authorization,
  sender: Sender,
  signal: AbortSignal,
): Promise<ParsedResponse> {
  const startedAtMs = sender.now().getTime();
  try {
    return await post(request, authorization, sender, signal);
  } catch (error) {
    const setting = 'SFMC_SUBDOMAIN or SFMC_SOAP_URL';
    throw await sender.reachability.explain(error, authorization.url, setting, startedAtMs);
  }
}

async function post(
  request: AccountRequest,
  { credential, url }: Authorization,
  { transport, auth, now, reachability }: Sender,
  signal: AbortSignal,
): Promise<ParsedResponse> {
  const { action, properties, recordsMax, context = {} } = request;
  const sink = request.begin();
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
    parsed = await parseResponse(response.body, { properties, sink, recordsMax });
  } catch (error) {
    // A body that is no SOAP response, or breaks off, says less than a status that is not 200.
    if (error instanceof TransportError && status !== 200)
      throw httpError(status, retryAfterMs, { ...context, location: locationOf(response.headers) }, error);
    if (error instanceof PipelineError) error.addContext({ httpStatus: status });
    throw error;
  }
  await reachability.noteResponse(url);
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
