import { AccountRefusedError, ConfigInvalidError, TokenExpiredError, TransportError } from '../errors.ts';
import { createTokenSource, type TokenSource } from './access-token.ts';
import { type Credential, type SoapAction, writeEnvelope } from './request/envelope.ts';
import type { RecordCallback } from './response/record-collector.ts';
import { type ParsedResponse, parseResponse } from './response/response-parser.ts';
import { soapEndpoint } from './service-url.ts';
import { faultError, httpError, parseRetryAfter } from './source-errors.ts';
import { createTransport, type Transport } from './transport.ts';

export type AccountAuth =
  | {
      readonly kind: 'oauth';
      readonly authUrl: string;
      readonly clientId: string;
      readonly clientSecret: string;
    }
  | { readonly kind: 'usernameToken'; readonly username: string; readonly password: string };

export interface AccountClientOptions {
  readonly auth: AccountAuth;
  /** Base URL of the SOAP service; goes before what the token answer says. */
  readonly soapUrl?: string | undefined;
  /** Gives the SOAP service's host where neither setting nor token does. */
  readonly subdomain?: string | undefined;
  /** The business unit (MID); the package's or user's own where absent. */
  readonly accountId?: number | undefined;
  readonly requestTimeoutMs: number;
  readonly now: () => Date;
}

export interface AccountRequest {
  readonly action: SoapAction;
  /** The element inside `soap:Body`, from `envelope.ts`. */
  readonly body: string;
  readonly properties: readonly string[];
  /** Called before each attempt: may wait or throw, and says where that attempt's records go. */
  readonly begin: () => Promise<RecordCallback>;
  /** Names the request in errors: ids and names only. */
  readonly context?: Readonly<Record<string, unknown>>;
}

/** One business unit of Marketing Cloud, as one set of credentials sees it. */
export interface AccountClient {
  readonly accountId: number | undefined;
  /** The business unit to name in requests, where the credential does not say it. */
  readonly clientId: number | undefined;
  readonly now: () => Date;
  /**
   * Sends one request and reads its answer; the overall status is the caller's to judge. A token that
   * ended is renewed, and the same request sent once more: it was refused before anything was done.
   *
   * @throws {AccountRefusedError} when the renewed token is refused too.
   */
  ask(request: AccountRequest, signal: AbortSignal): Promise<ParsedResponse>;
  close(): Promise<void>;
}

/** Ties transport, token and envelope together for one business unit. */
export function createAccountClient(options: AccountClientOptions): AccountClient {
  const { auth, accountId, now } = options;
  const transport = createTransport({ requestTimeoutMs: options.requestTimeoutMs });
  const door = auth.kind === 'oauth' ? tokenDoor(auth, transport, options) : passwordDoor(auth, options);

  return {
    accountId,
    clientId: auth.kind === 'usernameToken' ? accountId : undefined,
    now,
    async ask(request, signal) {
      const onRecord = await request.begin();
      const pass = await door.enter(signal);
      try {
        return await send(request, onRecord, pass, { transport, auth, now }, signal);
      } catch (error) {
        if (!(error instanceof TokenExpiredError)) throw error;
      }
      const onRecordAgain = await request.begin();
      const renewed = await door.renew(pass, signal);
      try {
        return await send(request, onRecordAgain, renewed, { transport, auth, now }, signal);
      } catch (error) {
        if (!(error instanceof TokenExpiredError)) throw error;
        const text = 'Marketing Cloud refuses a new token too: check SFMC_CLIENT_ID and SFMC_CLIENT_SECRET';
        throw new AccountRefusedError(text, { ...error.context }, { cause: error });
      }
    },
    close: () => transport.close(),
  };
}

/** What a request needs to get in. */
interface Authorization {
  readonly credential: Credential;
  readonly url: string;
}

interface Authenticator {
  enter(signal: AbortSignal): Promise<Authorization>;
  renew(stale: Authorization, signal: AbortSignal): Promise<Authorization>;
}

function tokenDoor(
  auth: Extract<AccountAuth, { kind: 'oauth' }>,
  transport: Transport,
  options: AccountClientOptions,
): Authenticator {
  const { accountId, now } = options;
  const tokens = createTokenSource({ ...auth, accountId, transport, now });
  const passOf = ({ token, soapUrl }: Awaited<ReturnType<TokenSource['get']>>): Authorization => ({
    credential: { kind: 'oauth', token },
    url: soapUrlOf(options, soapUrl),
  });
  return {
    enter: async (signal) => passOf(await tokens.get(signal)),
    renew: async ({ credential }, signal) =>
      passOf(await tokens.renew(credential.kind === 'oauth' ? credential.token : '', signal)),
  };
}

function passwordDoor(
  credential: Extract<AccountAuth, { kind: 'usernameToken' }>,
  options: AccountClientOptions,
): Authenticator {
  const pass = { credential, url: soapUrlOf(options, undefined) };
  return { enter: () => Promise.resolve(pass), renew: () => Promise.resolve(pass) };
}

function soapUrlOf({ soapUrl, subdomain }: AccountClientOptions, told: string | undefined): string {
  const base = soapUrl ?? told ?? (subdomain && `https://${subdomain}.soap.marketingcloudapis.com`);
  if (!base) throw new ConfigInvalidError('No SOAP service is known: set SFMC_SUBDOMAIN or SFMC_SOAP_URL');
  return soapEndpoint(base);
}

async function send(
  request: AccountRequest,
  onRecord: RecordCallback,
  { credential, url }: Authorization,
  { transport, auth, now }: { transport: Transport; auth: AccountAuth; now: () => Date },
  signal: AbortSignal,
): Promise<ParsedResponse> {
  const { action, properties, context = {} } = request;
  const answer = await transport.post(
    {
      url,
      headers: { 'content-type': 'text/xml; charset=utf-8', soapaction: action },
      body: writeEnvelope(action, credential, url, request.body),
      isRetrieve: action === 'Retrieve',
    },
    signal,
  );
  const { status } = answer;
  const retryAfterMs = parseRetryAfter(answer.headers['retry-after'], now());
  let parsed: ParsedResponse;
  try {
    parsed = await parseResponse(answer.body, { properties, onRecord });
  } catch (error) {
    // A body that is no SOAP answer, or breaks off, says less than a status that is not 200.
    if (error instanceof TransportError && status !== 200)
      throw httpError(status, retryAfterMs, context, error);
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
