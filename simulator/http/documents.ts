import type { IncomingMessage, ServerResponse } from 'node:http';
import { campaignPage } from './campaigns.ts';
import type { ServerContext } from './server-context.ts';
import { FaultRefusal } from '../soap/refusals.ts';
import { faultSchema } from '../soap/wsdl/fault-schema.ts';
import { serviceWsdl } from '../soap/wsdl/service-wsdl.ts';

/** Serves what clients read by GET or HEAD: the description of the service, and campaigns. False for anything else. */
export function serveDocument(
  request: IncomingMessage,
  response: ServerResponse,
  { service }: ServerContext,
): boolean {
  if (request.method !== 'GET' && request.method !== 'HEAD') return false;
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://simulator');
  const path = pathname.toLowerCase();
  const isDescription =
    path.endsWith('/etframework.wsdl') || (path.endsWith('/service.asmx') && searchParams.has('wsdl'));
  const send = (status: number, contentType: string, body: string): boolean => {
    response.writeHead(status, { 'Content-Type': contentType, 'Content-Length': Buffer.byteLength(body) });
    response.end(request.method === 'HEAD' ? undefined : body);
    return true;
  };
  if (isDescription) return send(200, 'text/xml; charset=utf-8', serviceWsdl(service.serviceUrl()));
  if (path.endsWith('/etframeworkfault.xsd')) return send(200, 'text/xml; charset=utf-8', faultSchema);
  if (!path.endsWith('/hub/v1/campaigns')) return false;

  try {
    const token = /^Bearer (.+)$/iu.exec(request.headers.authorization ?? '')?.[1] ?? '';
    const jobs = service.world.jobs(service.tokens.accountOfToken(token));
    return send(200, 'application/json', JSON.stringify(campaignPage(jobs, searchParams)));
  } catch (error) {
    if (!(error instanceof FaultRefusal)) throw error;
    return send(
      401,
      'application/json',
      JSON.stringify({ message: 'Not Authorized', errorcode: 0, documentation: '' }),
    );
  }
}
