import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigInvalidError } from '../../errors.ts';
import { createLivePages } from './live.ts';
import { remember } from './remember.ts';
import { send, sendFailure } from './response.ts';
import { createRoutes, type RouteOptions } from './routes.ts';

export interface StatusServerOptions extends Omit<RouteOptions, 'live'> {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** How often the report is read while a page is open; tests give less. */
  readonly liveEveryMs?: number;
}

export interface StatusServer {
  /** Where it listens, e.g. `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

// Many readers at once cost the database one report a second.
const reportMaxAgeMs = 1000;
const requestTimeoutMs = 10_000;
// Often enough for a person who watches a run.
const liveEveryMs = 3000;

/**
 * Serves probes, metrics and the status pages; reads only, nothing on it changes state.
 *
 * @throws {ConfigInvalidError} when the port is taken or the host is not ours.
 */
export async function startStatusServer(options: StatusServerOptions): Promise<StatusServer> {
  const readReport = remember(options.readReport, options.now, reportMaxAgeMs);
  const live = createLivePages({ readReport, everyMs: options.liveEveryMs ?? liveEveryMs });
  const respond = createRoutes({ ...options, readReport, live });
  const server = createServer({ requestTimeout: requestTimeoutMs }, (request, response) => {
    respond(request).then(
      (content) => send(request, response, content),
      (error: unknown) => {
        options.logger.warn({ error }, 'status request failed');
        sendFailure(request, response);
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
      live.stop();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
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
