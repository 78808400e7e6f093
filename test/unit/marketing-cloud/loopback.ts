import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export interface Received {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Reply = (response: ServerResponse, request: Received) => void;

export interface Loopback {
  readonly url: string;
  readonly received: Received[];
  stop(): Promise<void>;
}

/** A server on this machine that answers the nth request with the nth reply, and the rest with the last. */
export async function startLoopback(...replies: readonly Reply[]): Promise<Loopback> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Uint8Array[] = [];
    request.on('data', (chunk: Uint8Array) => chunks.push(chunk));
    request.on('end', () => {
      const message = {
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      };
      const reply = replies[Math.min(received.push(message), replies.length) - 1];
      reply?.(response, message);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export const reply =
  (body: string | Uint8Array, status = 200, headers: Record<string, string> = {}): Reply =>
  (response) => {
    response.writeHead(status, headers).end(body);
  };

/** What the token service answers; the nth token is `token-n`. */
export function tokenReply(fields: Record<string, unknown> = {}): Reply {
  let count = 0;
  return (response) => {
    count += 1;
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(
        JSON.stringify({ access_token: `token-${count}`, token_type: 'Bearer', expires_in: 1079, ...fields }),
      );
  };
}
