import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { ConfigInvalidError } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import { printableJson } from '../../printable.ts';
import type { StatusReport } from '../../store/status/report.ts';
import { createAccessRule } from './access.ts';
import { createGuesses } from './guesses.ts';
import { createStatusMetrics } from './metrics.ts';
import { renderStatusPage } from './page/status-page.ts';
import { overdueText } from '../report-text.ts';

export interface StatusServerOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** What readers of everything but the two probes must send. */
  readonly token?: string | undefined;
  readonly readReport: () => Promise<StatusReport>;
  /** What a person has to correct in the settings of this process. */
  readonly readProblem: () => string | undefined;
  readonly logger: Logger;
  readonly now: () => Date;
  /** Tests give one that does not wait. */
  readonly sleep?: (ms: number) => Promise<unknown>;
}

export interface StatusServer {
  /** Where it listens, e.g. `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** What a path responds with. */
interface Content {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

// Many readers at once cost the database one report a second.
const reportMaxAgeMs = 1000;
const requestTimeoutMs = 10_000;

/**
 * Serves probes, metrics and the status page; reads only, nothing on it changes state.
 *
 * @throws {ConfigInvalidError} when the port is taken or the host is not ours.
 */
export async function startStatusServer(options: StatusServerOptions): Promise<StatusServer> {
  const respond = createRoutes(options);
  const server = createServer({ requestTimeout: requestTimeoutMs }, (request, response) => {
    respond(request).then(
      (content) => send(request, response, content),
      (error: unknown) => {
        options.logger.warn({ error }, 'status request failed');
        send(request, response, text(503, 'the database cannot be reached'));
      },
    );
  });
  await listen(server, options);
  const { port } = addressOf(server);
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return {
    url: `http://${host}:${port}`,
    port,
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function createRoutes(options: StatusServerOptions): (request: IncomingMessage) => Promise<Content> {
  const { token } = options;
  const readReport = remember(options.readReport, options.now);
  const metrics = createStatusMetrics();
  const access = createAccessRule(token, createGuesses({ ...options, sleep: options.sleep ?? setTimeout }));

  return async (request) => {
    const pathname = pathOf(request);
    if (pathname === undefined) return text(400, 'this is no path of this server');
    if (pathname === '/' && request.method === 'POST' && token !== undefined) return access.signIn(request);
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return { ...text(405, 'this server is read-only'), headers: { allow: 'GET, HEAD' } };

    if (pathname === '/healthz') return text(200, 'alive');
    if (pathname === '/readyz') return readiness(readReport, options.readProblem);
    if (!['/', '/metrics', '/api/status'].includes(pathname)) return text(404, 'not found');
    const refusal = await access.refuse(request, pathname);
    if (refusal !== undefined) return refusal;
    const report = await readReport();
    if (pathname === '/metrics') return { status: 200, ...(await metrics.render(report)) };
    if (pathname === '/api/status')
      return { status: 200, type: 'application/json', body: printableJson(JSON.stringify(report)) };
    return { status: 200, type: 'text/html; charset=utf-8', body: renderStatusPage(report) };
  };
}

/** The path of a request; undefined where its target is none, such as `//` or `/[`. */
function pathOf({ url = '' }: IncomingMessage): string | undefined {
  if (!url.startsWith('/') || url.startsWith('//')) return undefined;
  return URL.parse(url, 'http://localhost')?.pathname;
}

/** Ready: the database, which holds the queue as well, responds, no address is wrong, and data are not overdue. */
async function readiness(
  readReport: () => Promise<StatusReport>,
  readProblem: () => string | undefined,
): Promise<Content> {
  const problem =
    readProblem() ?? (await readReport().then(overdueText, () => 'the database cannot be reached'));
  return problem === undefined ? text(200, 'ready') : text(503, problem);
}

/** One report for all requests of the same second. */
function remember(readReport: () => Promise<StatusReport>, now: () => Date): () => Promise<StatusReport> {
  let latest: { at: number; report: Promise<StatusReport> } | undefined;
  return () => {
    const at = now().getTime();
    if (latest === undefined || Math.abs(at - latest.at) > reportMaxAgeMs) {
      const report = readReport();
      latest = { at, report };
      // A failure is not remembered: the next reader asks again.
      report.catch(() => (latest = undefined));
    }
    return latest.report;
  };
}

function text(status: number, body: string): Content {
  return { status, type: 'text/plain; charset=utf-8', body: `${body}\n` };
}

function send(request: IncomingMessage, response: ServerResponse, content: Content): void {
  response.writeHead(content.status, {
    'content-type': content.type,
    'content-length': Buffer.byteLength(content.body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-security-policy':
      "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
    ...content.headers,
  });
  response.end(request.method === 'HEAD' ? undefined : content.body);
}

async function listen(server: Server, { host, port }: StatusServerOptions): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason =
        error.code === 'EADDRINUSE'
          ? `HTTP_PORT is ${port}: that port is taken on ${host}; choose another, 0 for any free one, or off`
          : `HTTP_HOST is ${host}, HTTP_PORT is ${port}: cannot listen there (${error.code ?? error.message})`;
      reject(new ConfigInvalidError(reason, { host, port }, { cause: error }));
    });
    server.listen({ host, port }, resolve);
  });
}

function addressOf(server: Server): AddressInfo {
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new Error('the status server listens on no port');
  return address;
}
