import {
  type ErrorContext,
  PipelineError,
  RequestInvalidError,
  SourceUnreachableError,
  TransportError,
} from '../../errors.ts';
import { printableLine } from '../../printable.ts';

/** Whether a service has ever responded, by its origin. */
export interface EndpointMemory {
  hasResponded(origin: string): Promise<boolean>;
  remember(origin: string): Promise<void>;
}

export interface ReachabilityOptions {
  readonly memory: EndpointMemory;
  readonly now: () => Date;
}

interface Endpoint {
  /** Failures, each of a request that began after the one before it had failed. */
  failures: number;
  failedAtMs: number;
}

/** A failure whose cause may pass by itself is believed the third time in a row. */
const failuresMax = 3;

/**
 * Tells a wrong address from an outage: a service that has never responded is a wrong setting.
 *
 * Its failures say so (`isFirstContact`), and become a `SourceUnreachableError` that names host, cause and setting:
 * at once where the cause cannot pass, else the third time in a row. One that has responded is left alone.
 */
export class Reachability {
  readonly #options: ReachabilityOptions;
  readonly #responded = new Set<string>();
  readonly #failing = new Map<string, Endpoint>();
  #problem: string | undefined;
  /** Of the latest response of a service that is known to respond. */
  #latestUrl: string | undefined;

  constructor(options: ReachabilityOptions) {
    this.#options = options;
  }

  /** What is wrong with an address, until its service responds. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** A response came that only the right service gives. */
  async noteResponse(url: string): Promise<void> {
    if (url === this.#latestUrl) return;
    const origin = originOf(url);
    if (this.#responded.has(origin)) {
      this.#latestUrl = url;
      return;
    }
    await this.#options.memory.remember(origin);
    this.#responded.add(origin);
    this.#failing.delete(origin);
    this.#problem = undefined;
  }

  /** The error to throw for a failed request: the same one, or what is wrong with the address. */
  async explain(error: unknown, url: string, setting: string, startedAtMs: number): Promise<unknown> {
    if (!(error instanceof PipelineError) || !saysNothingOfService(error)) return error;
    const origin = originOf(url);
    if (this.#responded.has(origin)) return error;
    if (await this.#options.memory.hasResponded(origin)) {
      this.#responded.add(origin);
      return error;
    }
    error.addContext({ isFirstContact: true });
    const failures = this.#count(origin, startedAtMs);
    const cause = causeOf(error.context);
    if (failures < failuresMax && !cause.isLasting) return error;
    const message = `${origin} has never responded as Marketing Cloud does: ${cause.text}; check ${setting}`;
    this.#problem = message;
    return new SourceUnreachableError(message, { ...error.context }, { cause: error });
  }

  #count(origin: string, startedAtMs: number): number {
    const known = this.#failing.get(origin) ?? { failures: 0, failedAtMs: -Infinity };
    if (startedAtMs >= known.failedAtMs) known.failures += 1;
    known.failedAtMs = this.#options.now().getTime();
    this.#failing.set(origin, known);
    return known.failures;
  }
}

/** The connection failed, or something responded that is no service of Marketing Cloud. */
function saysNothingOfService(error: PipelineError): boolean {
  const isPlainHttp = error.context.httpStatus !== undefined && error.context.faultCode === undefined;
  return error instanceof TransportError || (error instanceof RequestInvalidError && isPlainHttp);
}

function originOf(url: string): string {
  return URL.parse(url)?.origin ?? url;
}

interface Cause {
  readonly text: string;
  /** Another attempt would find the same. */
  readonly isLasting: boolean;
}

function causeOf({ errorCode, httpStatus, location }: ErrorContext): Cause {
  if (httpStatus !== undefined && httpStatus >= 300 && httpStatus < 400) {
    const target = typeof location === 'string' ? URL.parse(location)?.host : undefined;
    return {
      text: `it redirects${target === undefined ? '' : ` to ${printableLine(target)}`}`,
      isLasting: true,
    };
  }
  if (httpStatus === 407) return { text: 'a proxy asks for a password (HTTP 407)', isLasting: true };
  if (httpStatus !== undefined) {
    const isLasting = httpStatus < 500 && httpStatus !== 200;
    return { text: `HTTP ${httpStatus} without the response that is expected`, isLasting };
  }
  const code = errorCode ?? 'no response';
  const known = lastingCauses.find(({ codes }) => codes.test(code));
  return { text: known === undefined ? code : `${known.text} (${code})`, isLasting: known !== undefined };
}

/** By the codes of Node, OpenSSL and undici. */
const lastingCauses: readonly { readonly codes: RegExp; readonly text: string }[] = [
  { codes: /^ENOTFOUND$/, text: 'no such host name' },
  { codes: /^ECONNREFUSED$/, text: 'nothing listens there' },
  { codes: /^(?:EHOSTUNREACH|ENETUNREACH)$/, text: 'no route leads there' },
  { codes: /ALTNAME_INVALID/, text: 'its certificate is for another host' },
  { codes: /CERT_HAS_EXPIRED/, text: 'its certificate has expired' },
  {
    codes: /SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET_ISSUER)/,
    text: 'its certificate is not trusted: NODE_EXTRA_CA_CERTS names the file of an authority of your own',
  },
  { codes: /^(?:EPROTO|ERR_SSL_.*)$/, text: 'it does not speak TLS' },
  { codes: /^HPE_/, text: 'it does not speak HTTP' },
];
