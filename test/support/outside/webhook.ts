import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

export interface WebhookReceiver {
  readonly url: string;
  /** Texts that were accepted, oldest first. */
  readonly texts: readonly string[];
  /** Requests, accepted or not. */
  readonly requests: () => number;
  /** The HTTP status of the responses from now on. */
  respondWith(status: number): void;
  close(): Promise<void>;
}

/** A receiver of webhooks on this machine. */
export async function startWebhook(): Promise<WebhookReceiver> {
  const texts: string[] = [];
  const state = { status: 200, requests: 0 };
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      state.requests += 1;
      if (state.status === 200) texts.push(textIn(body));
      response.writeHead(state.status).end('ok');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/services/T000/B000/very-secret-hook`,
    texts,
    requests: () => state.requests,
    respondWith: (status) => {
      state.status = status;
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** The one key that Slack reads. */
function textIn(body: string): string {
  const parsed: unknown = JSON.parse(body);
  const keys = typeof parsed === 'object' && parsed !== null ? Object.keys(parsed) : [];
  if (keys.join() !== 'text' || typeof parsed !== 'object' || parsed === null || !('text' in parsed))
    throw new Error(`not what Slack reads: ${body}`);

  return String(parsed.text);
}
