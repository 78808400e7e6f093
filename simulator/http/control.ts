import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';

import { parseFaultRules } from '../faults/faults.ts';
import type { SystemStatus } from '../soap/responses.ts';
import { parseDeliveryRequest } from './delivery-request.ts';
import type { ServerContext } from './server-context.ts';
import { simulatedEventTypes } from '../world/truth.ts';
import type { World } from '../world/world.ts';

/** Paths that control the simulator; none of them is part of Marketing Cloud. */
export const controlHelp = `
Control over HTTP (not part of Marketing Cloud):
  GET  /_simulator/truth                            events available now, per account, job and type
  GET  /_simulator/events?type=&account=&job=       those events, one JSON object per line
  GET  /_simulator/requests                         the latest requests
  POST /_simulator/faults         [{"match":{"objectType":"OpenEvent","page":2},"fault":{"kind":"reset-mid-body"}}]
  POST /_simulator/delivery       {"account":7000001,"job":1543003,"withheld":{"every":10,"types":["click"]}}
  POST /_simulator/system-status  {"status":"OK"|"InMaintenance"|"UnplannedOutage"}`;

const systemStatuses: readonly SystemStatus[] = ['OK', 'InMaintenance', 'UnplannedOutage'];

/** Serves one control request; a wrong one gets 400 and the reason. */
export function serveControl(
  request: IncomingMessage,
  response: ServerResponse,
  body: string,
  { service, log, setSystemStatus }: ServerContext,
): void {
  const url = new URL(request.url ?? '/', 'http://simulator');
  const json = (value: unknown, status = 200): void => {
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
  };
  try {
    switch (`${request.method ?? ''} ${url.pathname}`) {
      case 'GET /_simulator/truth':
        json(truthOf(service.world, service.now()));
        return;
      case 'GET /_simulator/requests':
        json(log.entries);
        return;
      case 'GET /_simulator/events': {
        response.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
        Readable.from(eventLines(service.world, url.searchParams, service.now())).pipe(response);
        return;
      }
      case 'POST /_simulator/faults': {
        const rules = parseFaultRules(JSON.parse(body));
        service.faults.replace(rules);
        json({ rules: rules.length });
        return;
      }
      case 'POST /_simulator/delivery': {
        const { accountId, jobId, delivery } = parseDeliveryRequest(JSON.parse(body));
        service.world.changeDelivery(accountId, jobId, delivery);
        json({ accountId, jobId, delivery });
        return;
      }
      case 'POST /_simulator/system-status': {
        const status = parseStatus(JSON.parse(body));
        setSystemStatus(status);
        json({ status });
        return;
      }
      default:
        json({ error: controlHelp.trim().split('\n') }, 404);
    }
  } catch (error) {
    json({ error: error instanceof Error ? error.message : String(error) }, 400);
  }
}

function truthOf(world: World, now: Date): object[] {
  return world.accountIds.map((accountId) => ({
    accountId,
    events: countsOf(world, now, accountId),
    jobs: world
      .jobs(accountId)
      .map((job) => ({ ...job, events: countsOf(world, now, accountId, job.jobId) })),
  }));
}

function countsOf(world: World, now: Date, accountId: number, jobId?: number): Record<string, number> {
  return Object.fromEntries(
    simulatedEventTypes.map((type) => [type, world.count(type, accountId, jobId, now)]),
  );
}

function* eventLines(world: World, query: URLSearchParams, now: Date): Generator<string> {
  const wanted = query.get('type');
  const numberOf = (name: string): number | undefined =>
    query.get(name) ? Number(query.get(name)) : undefined;
  for (const type of simulatedEventTypes) {
    if (wanted !== null && wanted !== '' && wanted !== type) continue;
    for (const event of world.events(type, numberOf('account'), numberOf('job'), now))
      yield `${JSON.stringify({ type, ...event })}\n`;
  }
}

function parseStatus(json: unknown): SystemStatus {
  const status = typeof json === 'object' && json !== null && 'status' in json ? json.status : undefined;
  const known = systemStatuses.find((one) => one === status);
  if (known === undefined) throw new TypeError(`status must be one of ${systemStatuses.join(', ')}`);
  return known;
}
