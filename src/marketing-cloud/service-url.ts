import { isLoopbackHost, isLoopbackUrl } from '../loopback.ts';

/** Whether requests with credentials may go there: `https`, or plain `http` on this machine only. */
export function isAllowedServiceUrl(text: string): boolean {
  const url = URL.parse(text);
  if (url?.username !== '' || url.password !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname));
}

// exacttarget.com: the hosts of before the tenants had their own.
const serviceDomains = ['.marketingcloudapis.com', '.exacttarget.com'];

/**
 * Whether a URL that the token service told us may be trusted with the token: a host of Marketing Cloud, or
 * this machine where the token service itself is on this machine.
 */
export function isTrustedSoapUrl(text: string, authUrl: string): boolean {
  const url = URL.parse(text);
  if (url === null || !isAllowedServiceUrl(text)) return false;
  if (isLoopbackHost(url.hostname)) return isLoopbackUrl(authUrl);
  return serviceDomains.some((domain) => url.hostname.endsWith(domain));
}

/** Base URL and path with one slash between, however many the base ends with. */
export function joinUrl(base: string, path: string): string {
  return base.replace(/\/+$/, '') + path;
}

/** The SOAP endpoint under a base URL; a base that names the endpoint already is taken as it is. */
export function soapEndpoint(base: string): string {
  const trimmed = base.replace(/\/+$/, '');
  return /\/Service\.asmx$/i.test(trimmed) ? trimmed : joinUrl(trimmed, '/Service.asmx');
}
