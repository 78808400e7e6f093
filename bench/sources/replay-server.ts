import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { AddressInfo } from 'node:net';
import { type Batch, type BatchType, jobOf } from '../support/events.ts';
import { nextPageOf, renderPage } from '../support/pages.ts';

// Replays pages that were rendered and compressed before: the source costs next to nothing while it is read.
// `node replay-server.ts <open|click> <pages> <batches> <latency ms>`; prints its URL when all pages are there.
const [, , type = 'open', pages = '20', batches = '8', latencyMs = '0'] = process.argv;
const bodies = new Map<number, Buffer[]>();
for (let number = 0; number < Number(batches); number += 1) {
  const batch: Batch = {
    type: type === 'click' ? 'click' : ('open' satisfies BatchType),
    number,
    pages: Number(pages),
  };
  const rendered = Array.from({ length: batch.pages }, (_, page) =>
    gzipSync(renderPage(batch, page), { level: 6 }),
  );
  bodies.set(jobOf(batch), rendered);
}

const server = createServer((request, response) => {
  void respond(request, response);
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${portOf(server.address())}`);
});
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => process.exit(0));

async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  if (request.url?.endsWith('/v2/token') === true) {
    const url = `http://127.0.0.1:${portOf(server.address())}/`;
    const token = {
      access_token: 'replayed',
      token_type: 'Bearer',
      expires_in: 1079,
      scope: 'tracking_events_read',
      soap_instance_url: url,
      rest_instance_url: url,
    };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(token));
    return;
  }
  if (Number(latencyMs) > 0) await new Promise((resolve) => setTimeout(resolve, Number(latencyMs)));
  const page = pageAsked(body);
  if (page === undefined) {
    response.writeHead(400).end();
    return;
  }
  response.writeHead(200, {
    'content-type': 'text/xml; charset=utf-8',
    'content-encoding': 'gzip',
    'content-length': page.length,
  });
  response.end(page);
}

/** By the job of the filter; a continue request names the page it wants by the RequestID before it. */
function pageAsked(body: string): Buffer | undefined {
  const continued = /<(?:\w+:)?ContinueRequest>([^<]+)</.exec(body)?.[1];
  if (continued === undefined) {
    const job = /<(?:\w+:)?Value>(\d+)</.exec(body)?.[1];
    return bodies.get(Number(job))?.[0];
  }
  const number = Math.floor(Number(continued.slice(-12)) / 10_000);
  return bodies.get(jobOf({ type: 'open', number, pages: 1 }))?.[nextPageOf(continued, number)];
}

function portOf(address: AddressInfo | string | null): number {
  return address !== null && typeof address === 'object' ? address.port : 0;
}
