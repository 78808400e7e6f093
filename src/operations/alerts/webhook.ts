import { TransportError } from '../../errors.ts';
import { createTransport, type ProxyOptions } from '../../marketing-cloud/transport/transport.ts';

export interface Webhook {
  /** Resolves when the receiver has accepted the lines. @throws {TransportError} otherwise; it names no URL. */
  send(lines: readonly string[], signal: AbortSignal): Promise<void>;
}

export interface WebhookOptions {
  /** A secret: who has it may post there. */
  readonly url: string;
  readonly proxy: ProxyOptions | undefined;
  /** Which machine it comes from. */
  readonly host: string;
}

const timeoutMs = 20_000;

// A receiver says `ok`; what it says is not used.
const responseBytesMax = 64 * 1024;

// Slack shows up to 4,000 characters of a text.
const textCharsMax = 3_500;

/** Posts JSON as incoming webhooks of Slack take it: `{"text": "…"}`. */
export function createWebhook({ url, proxy, host }: WebhookOptions): Webhook {
  return {
    async send(lines, signal) {
      const transport = createTransport({ requestTimeoutMs: timeoutMs, proxy });
      try {
        const body = JSON.stringify({ text: textOf(lines, host) });
        const headers = { 'content-type': 'application/json' };
        const response = await transport.post({ url, headers, body, isRetrieve: false }, signal);
        let bytes = 0;
        for await (const chunk of response.body) {
          bytes += chunk.byteLength;
          if (bytes > responseBytesMax) break;
        }
        if (response.status >= 300) {
          throw new TransportError(
            `the webhook responded with HTTP ${response.status}: check ALERT_WEBHOOK_URL`,
          );
        }
      } finally {
        await transport.close();
      }
    },
  };
}

function textOf(lines: readonly string[], host: string): string {
  const text = [`sfmc-tracking on ${host}`, ...lines].join('\n');
  const shown = text.length <= textCharsMax ? text : `${text.slice(0, textCharsMax)}\n…`;
  // Slack reads these three as markup.
  return shown.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
