import type { Readable } from 'node:stream';
import { constants } from 'node:zlib';
import { Agent, request } from 'undici';
import {
  PipelineError,
  RequestInvalidError,
  ResponseMalformedError,
  RetrieveTimedOutError,
  TransportError,
} from '../errors.ts';
import { gunzip } from './gunzip.ts';
import { isAllowedServiceUrl } from './service-url.ts';

// A tenant's host is one load balancer away: what takes longer to connect is down.
const connectTimeoutMs = 10_000;

export interface PostRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** A Retrieve that runs out of time asked too broadly; any other call met a broken line. */
  readonly isRetrieve: boolean;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Decompressed as it is read. Read it to its end, or leave the loop: both free the connection. */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface Transport {
  post(request: PostRequest, signal: AbortSignal): Promise<Answer>;
  close(): Promise<void>;
}

export interface TransportOptions {
  /** For the whole answer, headers and body, so that a server that drips does not hold us. */
  readonly requestTimeoutMs: number;
}

/**
 * Posts over kept-alive connections and hands the answer on as a stream.
 *
 * Nothing is retried here: whether a repeat is harmless is for those to say who know what was asked.
 * An abort throws `signal.reason` itself.
 *
 * @throws {RetrieveTimedOutError} when a Retrieve's answer is not complete in time.
 * @throws {TransportError} when the connection fails, or any other call takes too long.
 */
export function createTransport({ requestTimeoutMs }: TransportOptions): Transport {
  // Time-outs are ours, over the whole answer; undici's count from one piece to the next.
  const agent = new Agent({ connect: { timeout: connectTimeoutMs }, headersTimeout: 0, bodyTimeout: 0 });

  return {
    async post(message, signal) {
      signal.throwIfAborted();
      if (!isAllowedServiceUrl(message.url))
        throw new RequestInvalidError('Plain http is for this machine only: use https');

      const deadline = startDeadline(message.isRetrieve, requestTimeoutMs);
      try {
        const answer = await request(message.url, {
          dispatcher: agent,
          method: 'POST',
          headers: { ...message.headers, 'accept-encoding': 'gzip' },
          body: message.body,
          signal: AbortSignal.any([signal, deadline.signal]),
        });
        // Whoever reads the body meets its errors; a body nobody reads to its end must not end the process.
        answer.body.on('error', () => undefined);
        const body = decompress(answer.body, answer.headers['content-encoding']);
        return { status: answer.statusCode, headers: answer.headers, body: guard(body, signal, deadline) };
      } catch (error) {
        deadline.stop();
        throw failureOf(error, signal, deadline);
      }
    },
    close: () => agent.destroy(),
  };
}

interface Deadline {
  readonly signal: AbortSignal;
  stop(): void;
}

function startDeadline(isRetrieve: boolean, requestTimeoutMs: number): Deadline {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    const text = `No complete answer within ${requestTimeoutMs} ms`;
    const context = { requestTimeoutMs };
    controller.abort(
      isRetrieve ? new RetrieveTimedOutError(text, context) : new TransportError(text, context),
    );
  }, requestTimeoutMs);
  return { signal: controller.signal, stop: () => clearTimeout(timer) };
}

function decompress(body: Readable, encoding: string | string[] | undefined): AsyncIterable<unknown> {
  const name = String(encoding ?? 'identity')
    .trim()
    .toLowerCase();
  if (name === 'identity' || name === '') return body;
  if (name !== 'gzip' && name !== 'x-gzip') {
    body.destroy();
    throw new ResponseMalformedError('The answer is compressed in a way that was not asked for');
  }
  return gunzip(body);
}

async function* guard(
  body: AsyncIterable<unknown>,
  signal: AbortSignal,
  deadline: Deadline,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) if (chunk instanceof Uint8Array) yield chunk;
  } catch (error) {
    throw failureOf(error, signal, deadline);
  } finally {
    deadline.stop();
  }
}

/** What to throw for a failure: an abort's own reason first, then the time-out, then the line. */
function failureOf(error: unknown, signal: AbortSignal, deadline: Deadline): unknown {
  if (signal.aborted) return signal.reason;
  if (deadline.signal.aborted) return deadline.signal.reason;
  if (error instanceof PipelineError) return error;
  const code = errorCode(error);
  if (code in constants) {
    return new ResponseMalformedError(
      'The answer is compressed and damaged',
      { errorCode: code },
      { cause: error },
    );
  }
  return new TransportError(`The connection failed (${code})`, { errorCode: code }, { cause: error });
}

/** The code that Node or undici gave; of several addresses tried, the first one's. */
function errorCode(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'unknown';
  if ('code' in error && typeof error.code === 'string') return error.code;
  if ('errors' in error && Array.isArray(error.errors)) return errorCode(error.errors[0]);
  return 'name' in error && typeof error.name === 'string' ? error.name : 'unknown';
}
