import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { createGzip, gzipSync } from 'node:zlib';

import { outageHtml, spoil, spoilAsGzip } from './fault-responses.ts';
import type { Fault } from './faults.ts';

export interface ResponseContent {
  readonly status: number;
  /** SOAP's if not given. */
  readonly contentType?: string;
  readonly body: Iterable<string>;
}

const soapContentType = 'text/xml; charset=utf-8';

export interface DeliveryOptions {
  readonly fault: Fault | undefined;
  readonly isGzipped: boolean;
  readonly latencyMs: number;
  /** Ends every wait when the server stops or the client goes away. */
  readonly signal: AbortSignal;
}

/** Sends a response, or what the fault makes of it; settles when nothing more will be sent. */
export async function deliver(
  response: ServerResponse,
  content: ResponseContent,
  { fault, isGzipped, latencyMs, signal }: DeliveryOptions,
): Promise<void> {
  if (latencyMs > 0) await wait(latencyMs, undefined, { signal });
  if (fault?.kind === 'slow-first-byte') await wait(fault.ms, undefined, { signal });
  if (fault !== undefined && (await sendInstead(response, content, fault, signal))) return;
  response.writeHead(content.status, {
    'Content-Type': content.contentType ?? soapContentType,
    ...(isGzipped ? { 'Content-Encoding': 'gzip' } : {}),
  });
  const gzip = isGzipped && fault !== undefined ? spoilAsGzip(content.body, fault) : undefined;
  if (gzip !== undefined) {
    response.end(gzip);
    await finished(response);
    return;
  }
  await send(response, fault === undefined ? content.body : spoil(content.body, fault), isGzipped);
}

// Level 1: the simulator shares its machine with the program under test.
const gzipOptions = { level: 1 };

// The memory of a compressor costs more than compressing a small body: it gets a tenth of what is usual.
const smallLength = 4096;
const smallGzipOptions = { ...gzipOptions, windowBits: 12, memLevel: 4, chunkSize: 2048 };

/** Streams a body; one of a single piece is sent at once, because streams would cost more than it does. */
async function send(
  response: ServerResponse,
  body: Iterable<string | Buffer>,
  isGzipped: boolean,
): Promise<void> {
  const pieces = body[Symbol.iterator]();
  const first = pieces.next();
  const second = first.done === true ? first : pieces.next();
  if (second.done === true) {
    const whole = first.done === true ? '' : first.value;
    response.end(
      isGzipped ? gzipSync(whole, whole.length <= smallLength ? smallGzipOptions : gzipOptions) : whole,
    );
    await finished(response);
    return;
  }
  const all = Readable.from(chain([first.value, second.value], pieces));
  if (isGzipped) await pipeline(all, createGzip(gzipOptions), response);
  else await pipeline(all, response);
}

function* chain<Item>(begin: readonly Item[], rest: Iterator<Item>): Generator<Item> {
  yield* begin;
  for (let next = rest.next(); next.done !== true; next = rest.next()) yield next.value;
}

/** Faults of the connection or the whole response; false when it is to be sent after all. */
async function sendInstead(
  response: ServerResponse,
  content: ResponseContent,
  fault: Fault,
  signal: AbortSignal,
): Promise<boolean> {
  if (fault.kind === 'http' || fault.kind === 'html-200') {
    const { status, headers, body, contentType }: HttpContent =
      fault.kind === 'http' ? fault : { status: 200 };
    response.writeHead(status, { 'Content-Type': contentType ?? 'text/html', ...headers });
    response.end(body ?? outageHtml);
  } else if (fault.kind === 'hang') {
    await untilAborted(signal);
  } else if (fault.kind === 'lost-response') {
    response.socket?.resetAndDestroy();
  } else if (fault.kind === 'reset-mid-body' || fault.kind === 'truncate' || fault.kind === 'drip') {
    await sendPart(response, content, fault, signal);
  } else {
    return false;
  }
  return true;
}

type HttpContent = Omit<Extract<Fault, { kind: 'http' }>, 'kind'>;

async function sendPart(
  response: ServerResponse,
  content: ResponseContent,
  fault: Extract<Fault, { kind: 'reset-mid-body' | 'truncate' | 'drip' }>,
  signal: AbortSignal,
): Promise<void> {
  const whole = Buffer.from([...content.body].join(''));
  const part = whole.subarray(0, fault.afterBytes ?? Math.floor(whole.length / 2));
  // A clean end after too few bytes is consistent to HTTP; a reset breaks the promise of the whole length.
  response.writeHead(content.status, {
    'Content-Type': content.contentType ?? soapContentType,
    'Content-Length': fault.kind === 'truncate' ? part.length : whole.length,
  });
  if (fault.kind === 'truncate') {
    response.end(part);
    return;
  }
  await new Promise<void>((resolve) => {
    response.write(part, () => {
      resolve();
    });
  });
  if (fault.kind === 'reset-mid-body') {
    response.socket?.resetAndDestroy();
    return;
  }
  for (const byte of whole.subarray(part.length)) {
    await wait(fault.intervalMs ?? 1000, undefined, { signal });
    response.write(Buffer.of(byte));
  }
  response.end();
}

export async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
