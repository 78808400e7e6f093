import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';

import { answerControl } from './control.ts';
import { createCursors } from './cursors.ts';
import { deliver } from './delivery.ts';
import { createFaultPlan } from './faults.ts';
import type { Fault, FaultRule } from './faults.ts';
import { FaultRefusal } from './refusals.ts';
import { createRequestLog } from './request-log.ts';
import type { SimulatorRequest } from './request-log.ts';
import { parseSoapRequest } from './requests.ts';
import type { SystemStatus } from './responses.ts';
import { answerSoap, refusalAnswer } from './soap-service.ts';
import type { RequestNotes, SoapAnswer, SoapServiceOptions } from './soap-service.ts';
import { createTokens } from './tokens.ts';
import { createWorld } from './world.ts';
import type { World } from './world.ts';

export type { SimulatorRequest } from './request-log.ts';

export interface SimulatorOptions {
  readonly port?: number;
  readonly host?: string;
  readonly seed?: number;
  /** The simulated server's clock. */
  readonly now?: () => Date;
  readonly serverClockOffsetMs?: number;
  readonly world?: World;
  readonly latencyMs?: number;
  /** At most 2500, as the real one. */
  readonly pageSizeMax?: number;
  /** One RequestID for all pages (the default) or a new one with each page. */
  readonly requestIds?: 'same' | 'new';
  /** What a RequestID does that was continued before; matters with `requestIds: 'new'` only. */
  readonly resentContinue?: 'repeats' | 'skips' | 'fails';
  readonly between?: 'inclusive' | 'exclusive';
  readonly requestIdLifetimeMs?: number;
  readonly tokenLifetimeSeconds?: number;
  readonly pageOrder?: 'random' | 'date';
  readonly isGzipOn?: boolean;
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly username?: string;
  readonly password?: string;
  readonly faults?: readonly FaultRule[];
}

export interface Simulator {
  /** Base of the token service and of the SOAP service, without a slash at its end. */
  readonly url: string;
  readonly world: World;
  /** The latest requests, oldest first. */
  readonly requests: readonly SimulatorRequest[];
  /** Most Retrieves ever in flight at once, for one account or over all. */
  readonly peakConcurrency: (accountId?: number) => number;
  setFaults(rules: readonly FaultRule[]): void;
  /** While not OK, each Retrieve answers the fault of a maintenance or an outage. */
  setSystemStatus(status: SystemStatus): void;
  /** The variables that point the product here. */
  environment(): Record<string, string>;
  stop(): Promise<void>;
}

// Requests are a few kilobytes; a client that sends more has lost its way.
const requestBytesMax = 1_048_576;

/** Starts a Marketing Cloud that answers as the real one does, and lies where its fault rules say so. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const clock = options.now ?? (() => new Date());
  const now = (): Date => new Date(clock().getTime() + (options.serverClockOffsetMs ?? 0));
  const seed = options.seed ?? 1;
  const world = options.world ?? createWorld({ seed, now: now() });
  const credentials = {
    clientId: options.clientId ?? 'simulator-client-id',
    clientSecret: options.clientSecret ?? 'simulator-client-secret',
    username: options.username ?? 'simulator-user',
    password: options.password ?? 'simulator-password',
  };
  const log = createRequestLog();
  const faults = createFaultPlan(options.faults ?? []);
  const stopping = new AbortController();
  let systemStatus: SystemStatus = 'OK';
  let url = '';
  const tokens = createTokens({
    credentials,
    accountIds: world.accountIds,
    lifetimeSeconds: options.tokenLifetimeSeconds ?? 1079,
    nowMs: () => now().getTime(),
    baseUrl: () => url,
  });
  const service: SoapServiceOptions = {
    world,
    tokens,
    faults,
    seed,
    now,
    cursors: createCursors({
      requestIds: options.requestIds ?? 'same',
      resentContinue: options.resentContinue ?? 'skips',
      lifetimeMs: options.requestIdLifetimeMs ?? 10 * 60_000,
      nowMs: () => now().getTime(),
    }),
    pageSizeMax: Math.min(options.pageSizeMax ?? 2500, 2500),
    isBetweenInclusive: options.between !== 'exclusive',
    pageOrder: options.pageOrder ?? 'random',
    systemStatus: () => systemStatus,
    serviceUrl: () => `${url}/Service.asmx`,
  };
  const context: ServerContext = {
    service,
    log,
    latencyMs: options.latencyMs ?? 0,
    isGzipOn: options.isGzipOn ?? true,
    signal: stopping.signal,
    setSystemStatus: (status) => {
      systemStatus = status;
    },
  };
  const server = createServer((request, response) => {
    void handle(request, response, context);
  });
  url = await listen(server, options.port ?? 0, options.host ?? '127.0.0.1');

  return {
    url,
    world,
    requests: log.entries,
    peakConcurrency: log.peakConcurrency,
    setFaults: faults.replace,
    setSystemStatus: context.setSystemStatus,
    environment: () => ({
      SFMC_AUTH_URL: url,
      SFMC_SOAP_URL: url,
      SFMC_CLIENT_ID: credentials.clientId,
      SFMC_CLIENT_SECRET: credentials.clientSecret,
      SFMC_ACCOUNT_IDS: world.accountIds.join(','),
    }),
    stop: async () => {
      stopping.abort();
      server.closeAllConnections();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}

export interface ServerContext {
  readonly service: SoapServiceOptions;
  readonly log: ReturnType<typeof createRequestLog>;
  readonly latencyMs: number;
  readonly isGzipOn: boolean;
  readonly signal: AbortSignal;
  readonly setSystemStatus: (status: SystemStatus) => void;
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  context: ServerContext,
): Promise<void> {
  const path = (request.url ?? '/').split('?')[0] ?? '/';
  // The server's clock, which need not be this machine's.
  response.setHeader('Date', context.service.now().toUTCString());
  try {
    const body = request.method === 'POST' ? await readBody(request) : '';
    if (path.startsWith('/_simulator/')) {
      answerControl(request, response, body, context);
    } else if (request.method === 'POST' && path.endsWith('/v2/token')) {
      await handleToken(response, body, context);
    } else if (request.method === 'POST' && path.toLowerCase().endsWith('/service.asmx')) {
      await handleSoap(request, response, body, context);
    } else {
      response.writeHead(404, { 'Content-Type': 'text/html' }).end('<html><body>Not Found</body></html>');
    }
  } catch (error) {
    // A client that went away, or a stop in the middle of an answer: nobody is left to be told.
    if (!response.headersSent && !response.destroyed && !context.signal.aborted) {
      response.writeHead(500, { 'Content-Type': 'text/plain' }).end(String(error));
    } else response.destroy();
  }
}

async function handleToken(response: ServerResponse, body: string, context: ServerContext): Promise<void> {
  const { service, log, signal } = context;
  const notes: RequestNotes = { operation: 'token', isContinue: false };
  let fault: Fault | undefined;
  const answer = service.tokens.request(body, (accountId) => {
    fault = service.faults.faultFor({ operation: 'token', accountId });
    return fault;
  });
  if (answer.accountId !== undefined) notes.accountId = answer.accountId;
  if (fault !== undefined) notes.fault = fault.kind;
  log.add(notes, service.now(), fault?.kind === 'http' ? fault.status : answer.status);
  response.setHeader('Cache-Control', 'no-store');
  const { contentType, status } = answer;
  await deliver(
    response,
    { status, contentType, body: [answer.body] },
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
  const notes: RequestNotes = { operation: 'other', isContinue: false };
  const answer = readAndAnswer(request, body, notes, service);
  const { fault } = answer;
  log.add(notes, service.now(), fault?.kind === 'http' ? fault.status : answer.status);
  const finish = notes.operation === 'Retrieve' ? log.begin(notes.accountId) : () => undefined;
  const gone = new AbortController();
  response.once('close', () => {
    finish();
    gone.abort();
  });
  const isGzipped = context.isGzipOn && String(request.headers['accept-encoding']).includes('gzip');
  const signal = AbortSignal.any([context.signal, gone.signal]);
  await deliver(response, answer, { fault, isGzipped, latencyMs, signal });
}

function readAndAnswer(
  request: IncomingMessage,
  body: string,
  notes: RequestNotes,
  service: SoapServiceOptions,
): SoapAnswer {
  const contentType = request.headers['content-type'] ?? '';
  // SOAP 1.2 carries the action in the content type.
  const inContentType = /action="?([^";]+)/.exec(contentType)?.[1];
  const action = String(request.headers['soapaction'] ?? inContentType ?? '')
    .replaceAll('"', '')
    .trim();
  try {
    return answerSoap(parseSoapRequest(body), action, notes, service);
  } catch (error) {
    if (!(error instanceof FaultRefusal)) throw error;
    return refusalAnswer(error, { relatesTo: undefined, now: service.now() }, notes, service.serviceUrl());
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

async function listen(server: Server, port: number, host: string): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  const actualPort = typeof address === 'object' && address !== null ? address.port : port;
  return `http://${host.includes(':') ? `[${host}]` : host}:${actualPort}`;
}
