import { createServer, type Server } from 'node:http';

import { createCursors } from '../soap/query/cursors.ts';
import { handleRequest } from './endpoints.ts';
import { createExtracts, type Extracts, type ExtractsOptions } from '../extract/extract-service.ts';
import { createFaultPlan, type FaultPlan, type FaultRule } from '../faults/faults.ts';
import { createBatchMarks } from '../soap/query/batch-marks.ts';
import { createHolds, type Hold } from './hold.ts';
import { createRequestLog, type SimulatorRequest } from './request-log.ts';
import type { SystemStatus } from '../soap/responses.ts';
import type { ServerContext } from './server-context.ts';
import type { SoapServiceOptions } from '../soap/soap-service.ts';
import { createTokens, type Credentials } from './tokens.ts';
import { createWorld, type World } from '../world/world.ts';

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
  /** Where and how Tracking Extracts are written; without it the accounts have none. */
  readonly extracts?: ExtractsOptions | undefined;
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
  /** Lets that number of Retrieves pass and holds the following ones until they are released. */
  holdAfter(retrieves: number): Hold;
  readonly extracts: Extracts;
  /** While not OK, each Retrieve returns the fault of a maintenance or an outage. */
  setSystemStatus(status: SystemStatus): void;
  /** The variables that point the product here. */
  environment(): Record<string, string>;
  stop(): Promise<void>;
}

/** As IIS has it. A slow client that sends its next request as the connection is closed gets a reset instead of a response. */
const keepAliveMs = 120_000;

/** Starts a Marketing Cloud that responds as the real one does, and lies where its fault rules say so. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const credentials = credentialsOf(options);
  const clock = options.now ?? (() => new Date());
  const now = (): Date => new Date(clock().getTime() + (options.serverClockOffsetMs ?? 0));
  const world = options.world ?? createWorld({ seed: options.seed ?? 1, now: now() });
  const log = createRequestLog();
  const holds = createHolds();
  const [faults, extracts] = [createFaultPlan(options.faults ?? []), createExtracts(world, options.extracts)];
  const stopping = new AbortController();
  const state: { systemStatus: SystemStatus; url: string } = { systemStatus: 'OK', url: '' };
  const setSystemStatus = (status: SystemStatus): void => {
    state.systemStatus = status;
  };
  const context: ServerContext = {
    service: createService({ options, world, faults, extracts, now, credentials, state }),
    log,
    holds,
    latencyMs: options.latencyMs ?? 0,
    isGzipOn: options.isGzipOn ?? true,
    signal: stopping.signal,
    setSystemStatus,
  };
  const server = createServer((request, response) => {
    void handleRequest(request, response, context);
  });
  state.url = await listen(server, options.port ?? 0, options.host ?? '127.0.0.1');

  return {
    url: state.url,
    world,
    requests: log.entries,
    extracts,
    peakConcurrency: (accountId) => log.peakConcurrency(accountId),
    setFaults: (rules) => faults.replace(rules),
    holdAfter: (retrieves) => holds.holdAfter(retrieves),
    setSystemStatus,
    environment: () => ({
      SFMC_AUTH_URL: state.url,
      SFMC_SOAP_URL: state.url,
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

interface ServiceParts {
  readonly options: SimulatorOptions;
  readonly world: World;
  readonly faults: FaultPlan;
  readonly extracts: Extracts;
  readonly now: () => Date;
  readonly credentials: Credentials;
  readonly state: Readonly<{ systemStatus: SystemStatus; url: string }>;
}

function createService({
  options,
  world,
  faults,
  extracts,
  now,
  credentials,
  state,
}: ServiceParts): SoapServiceOptions {
  const nowMs = (): number => now().getTime();
  return {
    world,
    faults,
    extracts,
    now,
    seed: options.seed ?? 1,
    tokens: createTokens({
      credentials,
      accountIds: world.accountIds,
      lifetimeSeconds: options.tokenLifetimeSeconds ?? 1079,
      nowMs,
      baseUrl: () => state.url,
    }),
    cursors: createCursors({
      requestIds: options.requestIds ?? 'same',
      resentContinue: options.resentContinue ?? 'skips',
      lifetimeMs: options.requestIdLifetimeMs ?? 10 * 60_000,
      nowMs,
    }),
    batchMarks: createBatchMarks(),
    pageSizeMax: Math.min(options.pageSizeMax ?? 2500, 2500),
    isBetweenInclusive: options.between !== 'exclusive',
    pageOrder: options.pageOrder ?? 'random',
    systemStatus: () => state.systemStatus,
    serviceUrl: () => `${state.url}/Service.asmx`,
  };
}

function credentialsOf(options: SimulatorOptions): Credentials {
  return {
    clientId: options.clientId ?? 'simulator-client-id',
    clientSecret: options.clientSecret ?? 'simulator-client-secret',
    username: options.username ?? 'simulator-user',
    password: options.password ?? 'simulator-password',
  };
}

async function listen(server: Server, port: number, host: string): Promise<string> {
  server.keepAliveTimeout = keepAliveMs;
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
