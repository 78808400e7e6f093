import type { Readable } from 'node:stream';
import { constants } from 'node:zlib';
import { Agent, type Dispatcher, EnvHttpProxyAgent, request } from 'undici';
import {
  PipelineError,
  RequestInvalidError,
  ResponseMalformedError,
  RetrieveTimedOutError,
  TransportError,
} from '../../errors.ts';
import { isLoopbackUrl } from '../../loopback.ts';
import { gunzip } from './gunzip.ts';
import { isAllowedServiceUrl } from './service-url.ts';

// A tenant's host is one load balancer away; if connecting takes longer, it is down.
const connectTimeoutMs = 10_000;

export interface PostRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** A Retrieve that times out has too large a window; any other call that times out has a connection failure. */
  readonly isRetrieve: boolean;
}

export interface TransportResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Decompressed while it is read. Reading to its end or leaving the loop frees the connection. */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface Transport {
  post(request: PostRequest, signal: AbortSignal): Promise<TransportResponse>;
  close(): Promise<void>;
}

export interface TransportOptions {
  /** For the whole response, headers and body, so that a slow server cannot block a task for ever. */
  readonly requestTimeoutMs: number;
  /** Undefined: every connection is direct. */
  readonly proxy?: ProxyOptions | undefined;
}

export interface ProxyOptions {
  /** With user and password where it wants them. */
  readonly url: string;
  /** Hosts that are reached without it, comma-separated. */
  readonly except: string;
}

/**
 * Posts over kept-alive connections and returns the response as a stream.
 *
 * Nothing is retried here: only the caller knows whether a repeated request is harmless.
 * An abort throws `signal.reason` itself.
 *
 * @throws {RetrieveTimedOutError} when the response to a Retrieve is not complete in time.
 * @throws {TransportError} when the connection fails, or any other call takes too long.
 */
export function createTransport({ requestTimeoutMs, proxy }: TransportOptions): Transport {
  const { dispatcherFor, close } = createDispatchers(proxy);

  return {
    async post(message, signal) {
      signal.throwIfAborted();
      const dispatcher = dispatcherFor(message.url);
      const deadline = startDeadline(message.isRetrieve, requestTimeoutMs, signal);
      try {
        const response = await request(message.url, {
          dispatcher,
          method: 'POST',
          headers: { ...message.headers, 'accept-encoding': 'gzip' },
          body: message.body,
          signal: deadline.signal,
        });
        // The reader of the body gets its errors; one that is not read to its end must not end the process.
        response.body.on('error', () => undefined);
        const body = decompress(response.body, response.headers['content-encoding']);
        return {
          status: response.statusCode,
          headers: response.headers,
          body: guard(body, signal, deadline),
        };
      } catch (error) {
        deadline.stop();
        throw failureOf(error, signal, deadline);
      }
    },
    close,
  };
}

/** The connections to a service: through the proxy, or direct to this machine. */
function createDispatchers(proxy: ProxyOptions | undefined): {
  readonly dispatcherFor: (url: string) => Dispatcher;
  readonly close: () => Promise<void>;
} {
  // Our own timeout covers the whole response; those of undici count from one chunk to the next.
  const agentOptions = { connect: { timeout: connectTimeoutMs }, headersTimeout: 0, bodyTimeout: 0 };
  const direct = new Agent(agentOptions);
  // What is set to the empty text is not read from the process environment.
  const proxied: Dispatcher =
    proxy === undefined
      ? direct
      : new EnvHttpProxyAgent({
          ...agentOptions,
          httpProxy: '',
          httpsProxy: proxy.url,
          noProxy: proxy.except,
        });
  // Nearly all requests of an account go to one address.
  let latest: { readonly url: string; readonly dispatcher: Dispatcher } | undefined;
  return {
    dispatcherFor(url) {
      if (latest?.url === url) return latest.dispatcher;
      if (!isAllowedServiceUrl(url))
        throw new RequestInvalidError('Plain http is for this machine only: use https');
      latest = { url, dispatcher: isLoopbackUrl(url) ? direct : proxied };
      return latest.dispatcher;
    },
    close: async () => {
      await Promise.all([direct.destroy(), proxied.destroy()]);
    },
  };
}

/** Aborts when a request takes too long, or with the signal of its caller; ends with the request. */
interface Deadline {
  readonly signal: AbortSignal;
  stop(): void;
}

function startDeadline(isRetrieve: boolean, requestTimeoutMs: number, caller: AbortSignal): Deadline {
  const controller = new AbortController();
  const follow = () => {
    controller.abort(caller.reason);
  };
  caller.addEventListener('abort', follow, { once: true });
  const timer = setTimeout(() => {
    const text = `No complete response within ${requestTimeoutMs} ms`;
    const context = { requestTimeoutMs, isUnanswered: true };
    controller.abort(
      isRetrieve ? new RetrieveTimedOutError(text, context) : new TransportError(text, context),
    );
  }, requestTimeoutMs);
  const stop = () => {
    clearTimeout(timer);
    caller.removeEventListener('abort', follow);
  };
  return { signal: controller.signal, stop };
}

function decompress(body: Readable, encoding: string | string[] | undefined): AsyncIterable<unknown> {
  const name = String(encoding ?? 'identity')
    .trim()
    .toLowerCase();
  if (name === 'identity' || name === '') return body;
  if (name !== 'gzip' && name !== 'x-gzip') {
    body.destroy();
    throw new ResponseMalformedError('The response has a compression that was not requested');
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

/** What to throw for a failure: the reason of an abort first, then the timeout, then the connection's error. */
function failureOf(error: unknown, signal: AbortSignal, deadline: Deadline): unknown {
  if (signal.aborted) return signal.reason;
  if (deadline.signal.aborted) return deadline.signal.reason;
  if (error instanceof PipelineError) return error;
  const code = errorCode(error);
  if (code in constants) {
    return new ResponseMalformedError(
      'The response is compressed and damaged',
      { errorCode: code },
      { cause: error },
    );
  }
  const context = { errorCode: code, isUnanswered: true };
  return new TransportError(`The connection failed (${code})`, context, { cause: error });
}

/** The code of Node or undici; if several addresses were tried, that of the first. */
function errorCode(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'unknown';
  if ('code' in error && typeof error.code === 'string') return error.code;
  if ('errors' in error && Array.isArray(error.errors)) return errorCode(error.errors[0]);
  return 'name' in error && typeof error.name === 'string' ? error.name : 'unknown';
}
