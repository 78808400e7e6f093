import type { IncomingMessage, ServerResponse } from 'node:http';

/** What a path responds with. */
export interface Content {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Keeps the response open and writes to it; false where it will not. */
  readonly stream?: (response: ServerResponse) => boolean;
}

export function text(status: number, body: string): Content {
  return { status, type: 'text/plain; charset=utf-8', body: `${body}\n` };
}

export function markup(status: number, body: string): Content {
  return { status, type: 'text/html; charset=utf-8', body };
}

// Nothing from elsewhere, nothing inline, no frame around it: text of the source that became markup would do nothing.
const contentSecurityPolicy = [
  ...["default-src 'none'", "style-src 'self'", "script-src 'self'", "connect-src 'self'", 'img-src data:'],
  ...["form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"],
].join('; ');

export function send(request: IncomingMessage, response: ServerResponse, content: Content): void {
  const headers = {
    'content-type': content.type,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
    'content-security-policy': contentSecurityPolicy,
    ...content.headers,
  };
  if (content.stream !== undefined && request.method === 'GET') {
    response.writeHead(content.status, headers);
    if (!content.stream(response)) response.end();
    return;
  }
  response.writeHead(content.status, { ...headers, 'content-length': Buffer.byteLength(content.body) });
  response.end(request.method === 'HEAD' ? undefined : content.body);
}

/** The report could not be read. */
export function sendFailure(request: IncomingMessage, response: ServerResponse): void {
  const isForPerson = (request.headers.accept ?? '').includes('text/html');
  const content = text(503, 'the database cannot be reached');
  send(request, response, isForPerson ? markup(503, failurePage) : content);
}

const failurePage = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>sfmc-tracking: no database</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/page.css">
<script src="/page.js" type="module"></script></head>
<body><header class="top"><a class="name" href="/">sfmc-tracking</a><p class="live" id="live" role="status"></p></header>
<main><section class="sentence bad"><h1>The status cannot be read: the database cannot be reached, or its schema or rights are not as this program needs them.</h1>
<p class="notes">No event is lost by that: what is committed stays, and the next run continues. The log has the reason; <code>status</code> on the command line names it, too.
<a href="">Try again</a></p></section></main></body></html>
`;
