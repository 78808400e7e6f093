import { isLoopbackHost, isLoopbackUrl } from '../../loopback.ts';

/** Whether requests with credentials may go there: `https`, or plain `http` on this machine only. */
export function isAllowedServiceUrl(text: string): boolean {
  const url = URL.parse(text);
  if (url?.username !== '' || url.password !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname));
}

// exacttarget.com: the hosts of before the tenants had their own.
// A tenant's host name has some 60 characters.
const urlCharsMax = 2000;

const serviceDomains = ['.marketingcloudapis.com', '.exacttarget.com'];

/**
 * Whether a URL that the token service told us may be trusted with the token: the
 * tenant's own host where the token service is the tenant's, else a host of Marketing Cloud; this machine where the
 * token service itself is on this machine.
 */
export function isTrustedSoapUrl(text: string, authUrl: string): boolean {
  if (text.length > urlCharsMax) return false;
  const url = URL.parse(text);
  if (url === null || !isAllowedServiceUrl(text)) return false;
  if (isLoopbackHost(url.hostname)) return isLoopbackUrl(authUrl);
  const tenant = tenantOf(authUrl);
  if (tenant !== undefined) return url.hostname === `${tenant}.soap.marketingcloudapis.com`;
  return serviceDomains.some((domain) => url.hostname.endsWith(domain));
}

/** The subdomain of a tenant's own token service. */
function tenantOf(authUrl: string): string | undefined {
  return /^([a-z0-9-]+)\.auth\.marketingcloudapis\.com$/u.exec(URL.parse(authUrl)?.hostname ?? '')?.[1];
}

/** Base URL and path with one slash between, however many the base ends with. */
export function joinUrl(base: string, path: string): string {
  return withoutTrailingSlashes(base) + path;
}

/** The SOAP endpoint under a base URL; a base that names the endpoint already is taken as it is. */
export function soapEndpoint(base: string): string {
  const trimmed = withoutTrailingSlashes(base);
  return /\/Service\.asmx$/i.test(trimmed) ? trimmed : joinUrl(trimmed, '/Service.asmx');
}

// Not by an expression: one that looks for slashes before the end takes time by the square of their number.
function withoutTrailingSlashes(text: string): string {
  let end = text.length;
  while (text.charAt(end - 1) === '/') end -= 1;
  return text.slice(0, end);
}
