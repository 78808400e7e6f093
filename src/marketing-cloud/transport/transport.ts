import { constants } from 'node:zlib';
import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici';
import {
  PipelineError,
  RequestInvalidError,
  ResponseMalformedError,
  RetrieveTimedOutError,
  TransportError,
} from '../../errors.ts';
import { isLoopbackUrl } from '../../loopback.ts';
import { Exchange } from './exchange.ts';
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
  /**
   * Decompressed. A piece is valid until the next one is requested. Reading to its end or leaving the loop frees the
   * connection.
   */
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
  const { targetOf, close } = createDispatchers(proxy);

  return {
    async post({ url, headers, body, isRetrieve }, signal) {
      signal.throwIfAborted();
      const { dispatcher, origin, path } = targetOf(url);
      const exchange = new Exchange();
      const deadline = new Deadline(exchange, signal, requestTimeoutMs, isRetrieve);
      try {
        const sent = { ...headers, 'accept-encoding': 'gzip' };
        dispatcher.dispatch({ origin, path, method: 'POST', headers: sent, body }, exchange);
        const response = await exchange.head;
        const decompressed = decompress(exchange, response.headers['content-encoding']);
        return { ...response, body: guard(decompressed, deadline) };
      } catch (error) {
        deadline.stop();
        throw failureOf(error, deadline);
      }
    },
    close,
  };
}

/** Where a request goes, and over which connections. */
interface Target {
  readonly dispatcher: Dispatcher;
  readonly origin: string;
  readonly path: string;
}

/** The connections to a service: through the proxy, or direct to this machine. */
function createDispatchers(proxy: ProxyOptions | undefined): {
  readonly targetOf: (url: string) => Target;
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
  let latest: (Target & { readonly url: string }) | undefined;
  return {
    targetOf(url) {
      if (latest?.url === url) return latest;
      if (!isAllowedServiceUrl(url))
        throw new RequestInvalidError('Plain http is for this machine only: use https');
      const { origin, pathname, search } = new URL(url);
      latest = {
        url,
        origin,
        path: `${pathname}${search}`,
        dispatcher: isLoopbackUrl(url) ? direct : proxied,
      };
      return latest;
    },
    close: async () => {
      await Promise.all([direct.destroy(), proxied.destroy()]);
    },
  };
}

/** Ends an exchange that takes too long, or whose caller gives it up. */
class Deadline {
  /** Why it was ended, if it was. */
  reason: { readonly error: unknown } | undefined;
  readonly #exchange: Exchange;
  readonly #caller: AbortSignal;
  readonly #follow = () => this.#end(this.#caller.reason);
  readonly #timer: NodeJS.Timeout;

  constructor(exchange: Exchange, caller: AbortSignal, requestTimeoutMs: number, isRetrieve: boolean) {
    this.#exchange = exchange;
    this.#caller = caller;
    caller.addEventListener('abort', this.#follow, { once: true });
    this.#timer = setTimeout(() => {
      const text = `No complete response within ${requestTimeoutMs} ms`;
      const context = { requestTimeoutMs, isUnanswered: true };
      this.#end(isRetrieve ? new RetrieveTimedOutError(text, context) : new TransportError(text, context));
    }, requestTimeoutMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#caller.removeEventListener('abort', this.#follow);
  }

  #end(error: unknown): void {
    this.reason ??= { error };
    this.#exchange.abort(error);
  }
}

function decompress(exchange: Exchange, encoding: string | string[] | undefined): AsyncIterable<unknown> {
  const name = String(encoding ?? 'identity')
    .trim()
    .toLowerCase();
  if (name === 'identity' || name === '') return exchange.chunks();
  if (name === 'gzip' || name === 'x-gzip') return gunzip(exchange);
  const error = new ResponseMalformedError('The response has a compression that was not requested');
  exchange.abort(error);
  throw error;
}

async function* guard(body: AsyncIterable<unknown>, deadline: Deadline): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) if (chunk instanceof Uint8Array) yield chunk;
  } catch (error) {
    throw failureOf(error, deadline);
  } finally {
    deadline.stop();
  }
}

/** What to throw for a failure: why the exchange was ended, else the connection's error. */
function failureOf(error: unknown, { reason }: Deadline): unknown {
  if (reason !== undefined) return reason.error;
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
