import type { IncomingMessage, ServerResponse } from 'node:http';

import { serveControl } from './control.ts';
import { deliver } from '../faults/delivery.ts';
import type { Fault } from '../faults/faults.ts';
import { FaultRefusal } from '../soap/refusals.ts';
import { parseSoapRequest, type SoapVersion } from '../soap/requests.ts';
import { serveDocument } from './documents.ts';
import type { ServerContext } from './server-context.ts';
import {
  serveSoap,
  refusalResponse,
  type RequestNotes,
  type SoapResponse,
  type SoapServiceOptions,
} from '../soap/soap-service.ts';

// Requests are a few kilobytes; a client that sends more has lost its way.
const requestBytesMax = 1_048_576;

/** Serves one HTTP request: token, SOAP, or control. */
export async function handleRequest(
  request: IncomingMessage,
  response: ServerResponse,
  context: ServerContext,
): Promise<void> {
  const path = (request.url ?? '/').split('?')[0] ?? '/';
  // The server's clock, which need not be this machine's.
  response.setHeader('Date', context.service.now().toUTCString());
  try {
    const body = request.method === 'POST' ? await readBody(request) : '';
    if (path.startsWith('/_simulator/')) serveControl(request, response, body, context);
    else if (serveDocument(request, response, context)) return;
    else if (request.method === 'POST' && path.endsWith('/v2/token'))
      await handleToken(response, body, context);
    else if (request.method === 'POST' && path.toLowerCase().endsWith('/service.asmx'))
      await handleSoap(request, response, body, context);
    else response.writeHead(404, { 'Content-Type': 'text/html' }).end('<html><body>Not Found</body></html>');
  } catch (error) {
    // A client that went away, or a stop in the middle of a response: no one is left to send it to.
    if (!response.headersSent && !response.destroyed && !context.signal.aborted)
      response.writeHead(500, { 'Content-Type': 'text/plain' }).end(String(error));
    else response.destroy();
  }
}

async function handleToken(response: ServerResponse, body: string, context: ServerContext): Promise<void> {
  const { service, log, signal } = context;
  const notes: RequestNotes = { operation: 'token', isContinue: false };
  let fault: Fault | undefined;
  const content = service.tokens.request(body, (accountId) => {
    fault = service.faults.faultFor({ operation: 'token', accountId });
    return fault;
  });
  if (content.accountId !== undefined) notes.accountId = content.accountId;
  if (fault !== undefined) notes.fault = fault.kind;
  log.add(notes, service.now(), fault?.kind === 'http' ? fault.status : content.status);
  response.setHeader('Cache-Control', 'no-store');
  const { contentType, status } = content;
  await deliver(
    response,
    { status, contentType, body: [content.body] },
    { fault, signal, isGzipped: false, latencyMs: context.latencyMs },
  );
}

async function handleSoap(
  request: IncomingMessage,
  response: ServerResponse,
  body: string,
  context: ServerContext,
): Promise<void> {
  const { service, log, latencyMs } = context;
  // A server that stops closes its connections, too.
  const gone = new AbortController();
  response.once('close', () => gone.abort(connectionClosed));
  const { signal } = gone;
  const action = actionOf(request);
  if (action === 'Retrieve' && !(await context.holds.pass(signal))) return;
  const notes: RequestNotes = { operation: 'other', isContinue: false };
  const soapVersion = soapVersionOf(request);
  const content = readAndServe(action, body, notes, service, soapVersion);
  const { fault } = content;
  if (notes.operation === 'Retrieve') {
    const { inFlight, finish } = log.begin(notes.accountId);
    notes.inFlight = inFlight;
    response.once('close', finish);
  }
  log.add(notes, service.now(), fault?.kind === 'http' ? fault.status : content.status);
  const isGzipped = context.isGzipOn && String(request.headers['accept-encoding']).includes('gzip');
  await deliver(
    response,
    { ...content, contentType: contentTypes[soapVersion] },
    { fault, isGzipped, latencyMs, signal },
  );
}

/** A reason of its own: each exception that an abort makes itself has a stack. */
const connectionClosed = 'the connection is closed';

const contentTypes: Readonly<Record<SoapVersion, string>> = {
  '1.1': 'text/xml; charset=utf-8',
  '1.2': 'application/soap+xml; charset=utf-8',
};

function actionOf(request: IncomingMessage): string {
  const contentType = request.headers['content-type'] ?? '';
  // SOAP 1.2 carries the action in the content type.
  const inContentType = /action="?([^";]+)/.exec(contentType)?.[1];
  return String(request.headers['soapaction'] ?? inContentType ?? '')
    .replaceAll('"', '')
    .trim();
}

/** By the content type, for a request whose envelope cannot be read. */
function soapVersionOf(request: IncomingMessage): SoapVersion {
  return request.headers['content-type']?.startsWith('application/soap+xml') === true ? '1.2' : '1.1';
}

function readAndServe(
  action: string,
  body: string,
  notes: RequestNotes,
  service: SoapServiceOptions,
  soapVersion: SoapVersion,
): SoapResponse {
  try {
    return serveSoap(parseSoapRequest(body), action, notes, service);
  } catch (error) {
    if (!(error instanceof FaultRefusal)) throw error;
    return refusalResponse(
      error,
      { relatesTo: undefined, now: service.now(), soapVersion },
      notes,
      service.serviceUrl(),
    );
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size > requestBytesMax) throw new RangeError('request too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
