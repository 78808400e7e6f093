import { isLoopbackHost } from '../../loopback.ts';
import { reachPort, readTls, resolveHost } from '../../marketing-cloud/transport/probe-host.ts';
import { type Examination, failed, failedBy, note, notChecked, ok } from './check.ts';

export interface AddressesToExamine {
  /** Base URLs of the services, as far as they are known before a token. */
  readonly urls: readonly string[];
  readonly proxy: { readonly url: string; readonly except: string } | undefined;
}

/** Certificates are renewed about a month before they end. */
const validDaysMin = 14;
const dayMs = 24 * 60 * 60 * 1000;

/** Names, certificates and the proxy, before the first request leaves. Sends nothing. */
export async function examineAddresses(
  examination: Examination,
  { urls, proxy }: AddressesToExamine,
  now: Date,
): Promise<void> {
  const hosts = [...new Map(urls.map((text) => [new URL(text).host, new URL(text)])).values()];
  await examination.check('proxy', () => examineProxy(proxy?.url));
  for (const { hostname, port, protocol } of hosts) {
    const isDirect = proxy === undefined || isLoopbackHost(hostname) || isExcept(hostname, proxy.except);
    const wayOut = 'check SFMC_SUBDOMAIN (or SFMC_AUTH_URL and SFMC_SOAP_URL), the network and HTTPS_PROXY';
    await examination.check(`address ${hostname}`, async () => {
      if (!isDirect) return notChecked('the proxy resolves it');
      return await resolveHost(hostname).then(
        (addresses) => ok(addresses.slice(0, 3).join(', ')),
        (error: unknown) => failedBy(error, wayOut),
      );
    });
    await examination.check(`certificate ${hostname}`, async () => {
      if (protocol === 'http:') return notChecked('plain http on this machine');
      if (!isDirect) return notChecked('the proxy is in between: the token request shows it');
      return await examineCertificate(hostname, Number(port === '' ? 443 : port), now).catch(
        (error: unknown) => failedBy(error, `${wayOut}; for a private authority set NODE_EXTRA_CA_CERTS`),
      );
    });
  }
}

async function examineCertificate(host: string, port: number, now: Date) {
  const { protocol, issuer, validTo } = await readTls(host, port);
  const day = validTo.toISOString().slice(0, 10);
  const result = `${protocol}, trusted, issued by ${issuer}, valid until ${day}`;
  return validTo.getTime() - now.getTime() < validDaysMin * dayMs ? note(result) : ok(result);
}

async function examineProxy(url: string | undefined) {
  if (url === undefined) return notChecked('HTTPS_PROXY is not set: connections are direct');
  const parsed = URL.parse(url);
  if (parsed === null) return failed('HTTPS_PROXY is no URL', 'write it as http://host:port');
  const port = Number(parsed.port === '' ? (parsed.protocol === 'https:' ? 443 : 80) : parsed.port);
  return await reachPort(parsed.hostname, port).then(
    () => ok(`${parsed.hostname}:${port} accepts connections`),
    (error: unknown) => failedBy(error, 'check HTTPS_PROXY'),
  );
}

function isExcept(host: string, except: string): boolean {
  return except
    .split(',')
    .map((name) => name.trim().replace(/^\*?\./u, ''))
    .some((name) => name === '*' || (name !== '' && (host === name || host.endsWith(`.${name}`))));
}
