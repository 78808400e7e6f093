import type { PostRequest, Transport } from '../transport/transport.ts';

/** A response as it arrived, decompressed. */
export interface ObservedResponse {
  readonly url: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  /** It has more than what is kept of it. */
  readonly isCut: boolean;
}

// A page of 2,500 clicks has less; what is observed are single records.
const bodyBytesMax = 4 * 1024 * 1024;

/** The same transport; each response is passed on besides, when it was read to its end or given up. */
export function observeResponses(
  transport: Transport,
  onResponse: (response: ObservedResponse) => void,
): Transport {
  return {
    async post(request: PostRequest, signal) {
      const response = await transport.post(request, signal);
      const { status, headers } = response;
      const note = (body: Buffer, isCut: boolean) =>
        onResponse({ url: request.url, status, headers, body, isCut });
      return { status, headers, body: observed(response.body, note) };
    },
    close: () => transport.close(),
  };
}

async function* observed(
  body: AsyncIterable<Uint8Array>,
  note: (body: Buffer, isCut: boolean) => void,
): AsyncGenerator<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body) {
      if (bytes < bodyBytesMax) chunks.push(Uint8Array.from(chunk));
      bytes += chunk.byteLength;
      yield chunk;
    }
  } finally {
    note(Buffer.concat(chunks), bytes > bodyBytesMax);
  }
}
