import { ConfigInvalidError } from '../errors.ts';
import { createTokenSource, type TokenSource } from './access-token.ts';
import type { Reachability } from './transport/reachability.ts';
import type { Credential } from './request/envelope.ts';
import { soapEndpoint } from './transport/service-url.ts';
import type { Transport } from './transport/transport.ts';

export type AccountAuth =
  | {
      readonly kind: 'oauth';
      readonly authUrl: string;
      readonly clientId: string;
      readonly clientSecret: string;
    }
  | { readonly kind: 'usernameToken'; readonly username: string; readonly password: string };

export interface AuthenticatorOptions {
  readonly auth: AccountAuth;
  /** Base URL of the SOAP service; goes before the one that comes with the token. */
  readonly soapUrl?: string | undefined;
  readonly accountId?: number | undefined;
  readonly reachability: Reachability;
  readonly now: () => Date;
}

/** The credential of a request, and where to send it. */
export interface Authorization {
  readonly credential: Credential;
  readonly url: string;
}

export interface Authenticator {
  authorize(signal: AbortSignal): Promise<Authorization>;
  /** An authorization other than the one that was refused. */
  renew(refused: Authorization, signal: AbortSignal): Promise<Authorization>;
}

/** What authorizes the requests of one business unit: a token that is renewed, or user name and password. */
export function createAuthenticator(options: AuthenticatorOptions, transport: Transport): Authenticator {
  const { auth } = options;
  return auth.kind === 'oauth'
    ? tokenAuthenticator(auth, transport, options)
    : passwordAuthenticator(auth, options);
}

function tokenAuthenticator(
  auth: Extract<AccountAuth, { kind: 'oauth' }>,
  transport: Transport,
  options: AuthenticatorOptions,
): Authenticator {
  const { accountId, now, reachability } = options;
  const tokens = createTokenSource({ ...auth, accountId, transport, reachability, now });
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
  options: AuthenticatorOptions,
): Authenticator {
  const authorization = { credential, url: soapUrlOf(options, undefined) };
  return { authorize: () => Promise.resolve(authorization), renew: () => Promise.resolve(authorization) };
}

function soapUrlOf({ soapUrl }: AuthenticatorOptions, ofToken: string | undefined): string {
  const base = soapUrl ?? ofToken;
  if (!base) throw new ConfigInvalidError('No SOAP service is known: set SFMC_SUBDOMAIN or SFMC_SOAP_URL');
  return soapEndpoint(base);
}
