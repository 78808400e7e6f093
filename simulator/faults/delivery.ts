import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { createGzip } from 'node:zlib';

import { outageHtml, spoil } from './fault-answers.ts';
import type { Fault } from './faults.ts';

export interface Answer {
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

/** Puts an answer on the wire, or what the fault makes of it; settles when nothing more will be sent. */
export async function deliver(
  response: ServerResponse,
  answer: Answer,
  { fault, isGzipped, latencyMs, signal }: DeliveryOptions,
): Promise<void> {
  if (latencyMs > 0) await wait(latencyMs, undefined, { signal });
  if (fault?.kind === 'slow-first-byte') await wait(fault.ms, undefined, { signal });
  if (fault !== undefined && (await sendInstead(response, answer, fault, signal))) return;
  const body = fault === undefined ? answer.body : spoil(answer.body, fault);
  response.writeHead(answer.status, {
    'Content-Type': answer.contentType ?? soapContentType,
    ...(isGzipped ? { 'Content-Encoding': 'gzip' } : {}),
  });
  // Level 1: the simulator shares its machine with the program under test.
  if (isGzipped) await pipeline(Readable.from(body), createGzip({ level: 1 }), response);
  else await pipeline(Readable.from(body), response);
}

/** Faults that are about the connection or the whole answer; false when it is to be sent after all. */
async function sendInstead(
  response: ServerResponse,
  answer: Answer,
  fault: Fault,
  signal: AbortSignal,
): Promise<boolean> {
  if (fault.kind === 'http' || fault.kind === 'html-200') {
    const { status, headers, body, contentType }: HttpAnswer =
      fault.kind === 'http' ? fault : { status: 200 };
    response.writeHead(status, { 'Content-Type': contentType ?? 'text/html', ...headers });
    response.end(body ?? outageHtml);
  } else if (fault.kind === 'hang') {
    await untilAborted(signal);
  } else if (fault.kind === 'lost-response') {
    response.socket?.resetAndDestroy();
  } else if (fault.kind === 'reset-mid-body' || fault.kind === 'truncate' || fault.kind === 'drip') {
    await sendPart(response, answer, fault, signal);
  } else {
    return false;
  }
  return true;
}

type HttpAnswer = Omit<Extract<Fault, { kind: 'http' }>, 'kind'>;

async function sendPart(
  response: ServerResponse,
  answer: Answer,
  fault: Extract<Fault, { kind: 'reset-mid-body' | 'truncate' | 'drip' }>,
  signal: AbortSignal,
): Promise<void> {
  const whole = Buffer.from([...answer.body].join(''));
  const part = whole.subarray(0, fault.afterBytes ?? Math.floor(whole.length / 2));
  // A clean end after too few bytes is consistent to HTTP; a reset breaks the promise of the whole length.
  response.writeHead(answer.status, {
    'Content-Type': answer.contentType ?? soapContentType,
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

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
