import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Agent, request as ask } from 'undici';
import { startSimulator } from '../../simulator/http/server.ts';
import { createWorld } from '../../simulator/world/world.ts';
import type { JobSpec } from '../../simulator/world/truth.ts';
import { eventCatalog } from '../../src/events/catalog.ts';
import { sent } from '../../src/events/sent.ts';
import { requestedProperties } from '../../src/events/define-event.ts';
import { Reachability } from '../../src/marketing-cloud/transport/reachability.ts';
import { createAccountClient } from '../../src/marketing-cloud/account-client.ts';
import { writeRetrieve } from '../../src/marketing-cloud/request/envelope.ts';
import type { Filter } from '../../src/marketing-cloud/request/filter.ts';
import { firstJobId, sourceOptionsShape } from './send-source.ts';

// The simulator behind a cache, in one process. Before it serves, it asks the simulator for all events of each job.
// From then on it sends the same bytes for every window, because a job's few events are all in one response. Requests
// without a SendID (token, Sends) and those for a second page are passed on each time.
// `node send-source-server.ts '<options as JSON>'`; prints the product's environment when it serves.
interface StoredResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const options = sourceOptionsShape.parse(JSON.parse(process.argv[2] ?? '{}'));
const accountId = 7_000_001;
const hourMs = 3_600_000;
const compress = promisify(gzip);
const now = new Date();
const world = createWorld({
  now,
  accountIds: [accountId],
  jobSpecs: Array.from({ length: options.jobs }, jobAt),
});
const simulator = await startSimulator({ world });
const dispatcher = new Agent({ pipelining: 1 });
const remembered = new Map<string, StoredResponse>();
// Learning does not wait.
let latencyMs = 0;
const counts = { remembered: 0, passedOn: 0, late: 0 };

const server = createServer((request, response) => {
  serve(request, response).catch((error: unknown) => {
    console.error(error);
    response.destroy();
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${portOf(server.address())}`;
if (options.isRemembering) await learn();
latencyMs = options.latencyMs;
Object.assign(counts, { remembered: 0, passedOn: 0 });
console.log(JSON.stringify({ ...simulator.environment(), SFMC_AUTH_URL: url, SFMC_SOAP_URL: url }));
process.on('SIGTERM', () => process.exit(0));

/** List sends of the last days, long enough ago that nothing of them is within the overlap of a watermark. */
function jobAt(_: unknown, at: number): JobSpec {
  const createdAt = new Date(now.getTime() - (4 + (2 * at) / options.jobs) * 24 * hourMs);
  const scheduledAt = new Date(createdAt.getTime() + hourMs / 6);
  return {
    accountId,
    jobId: firstJobId + at,
    kind: 'list',
    createdAt,
    scheduledAt,
    // Five milliseconds a mail: a large send takes hours.
    sentAt: new Date(scheduledAt.getTime() + Math.max(hourMs, options.mails * 5)),
    counts: { sent: options.mails },
    // A send whose mails are never all in is asked for them each night.
    numberSent: options.mails + 1,
  };
}

/** Asks for everything once, as the product asks. */
async function learn(): Promise<void> {
  const { signal } = new AbortController();
  const account = createAccountClient({
    auth: {
      kind: 'oauth',
      authUrl: url,
      clientId: 'simulator-client-id',
      clientSecret: 'simulator-client-secret',
    },
    ...{ soapUrl: url, accountId, requestTimeoutMs: 60_000, now: () => new Date() },
    reachability: new Reachability({
      memory: { hasResponded: () => Promise.resolve(true), remember: () => Promise.resolve() },
      now: () => new Date(),
    }),
    admission: { admit: () => Promise.resolve(), succeeded: () => Promise.resolve() },
  });
  const dates: Filter = {
    property: 'EventDate',
    operator: 'between',
    values: [new Date(now.getTime() - 30 * 24 * hourMs), now],
  };
  // Where there are mails, nothing but them is asked for.
  for (const definition of options.mails === 0 ? eventCatalog : [sent]) {
    const { objectType } = definition;
    const properties = requestedProperties(definition);
    for (const { jobId } of world.jobs()) {
      const filter: Filter = { and: [{ property: 'SendID', operator: 'equals', values: [jobId] }, dates] };
      const body = writeRetrieve({ objectType, properties, pageSize: 2500 }, filter);
      await account.send(
        {
          action: 'Retrieve',
          body,
          properties,
          recordsMax: 5000,
          begin: () => ({ append: () => undefined }),
        },
        signal,
      );
    }
  }
  await account.close();
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const dueAtMs = performance.now() + latencyMs;
  const body = await text(request);
  if (request.url === '/_source') {
    const { user, system } = process.cpuUsage();
    response.end(JSON.stringify({ ...counts, cpuSeconds: (user + system) / 1e6 }));
    return;
  }
  const { status, headers, body: bytes } = await respondTo(request, body);
  if (request.url?.endsWith('/v2/token') !== true && latencyMs > 0) {
    // Rendering is part of the latency, as with a real server: the response leaves when it is due.
    const leftMs = dueAtMs - performance.now();
    if (leftMs > 0) await setTimeout(leftMs);
    else counts.late += 1;
  }
  response.writeHead(status, { ...headers, 'content-length': bytes.byteLength });
  response.end(bytes);
}

async function respondTo(request: IncomingMessage, body: string): Promise<StoredResponse> {
  const key = keyOf(body);
  const known = key === undefined ? undefined : remembered.get(key);
  if (known !== undefined) {
    counts.remembered += 1;
    return known;
  }
  counts.passedOn += 1;
  const original = await returnDelivery(request, body, key !== undefined);
  if (key === undefined || !original.body.includes('<OverallStatus>OK</OverallStatus>')) return original;
  const zipped = await compress(original.body);
  const kept = { ...original, body: zipped, headers: { ...original.headers, 'content-encoding': 'gzip' } };
  remembered.set(key, kept);
  return kept;
}

/** Names the job and event type of a request; undefined where it is no first page of one job's events. */
function keyOf(body: string): string | undefined {
  if (!options.isRemembering) return undefined;
  const jobId = /<Property>SendID<\/Property><SimpleOperator>equals<\/SimpleOperator><Value>(\d+)</.exec(
    body,
  )?.[1];
  if (jobId === undefined) return undefined;
  return `${/<ObjectType>(\w+)</.exec(body)?.[1]}/${jobId}/${/<BatchSize>(\d+)</.exec(body)?.[1]}`;
}

async function returnDelivery(
  request: IncomingMessage,
  body: string,
  isPlainWanted: boolean,
): Promise<StoredResponse> {
  const headers = forwarded(request.headers, ['content-type', 'soapaction']);
  if (!isPlainWanted) Object.assign(headers, forwarded(request.headers, ['accept-encoding']));
  const original = await ask(`${simulator.url}${request.url}`, { dispatcher, method: 'POST', headers, body });
  return {
    status: original.statusCode,
    headers: forwarded(original.headers, ['content-type', 'content-encoding']),
    body: Buffer.from(await original.body.arrayBuffer()),
  };
}

function forwarded(headers: IncomingHttpHeaders, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])]])),
  );
}

function portOf(address: AddressInfo | string | null): number {
  return address !== null && typeof address === 'object' ? address.port : 0;
}
