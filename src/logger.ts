import type { DestinationStream, LoggerOptions as PinoOptions } from 'pino';
import { PipelineError } from './errors.ts';
import { hideSecrets } from './known-secrets.ts';
import { printableLine, printableText } from './printable.ts';

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Fields named as in the glossary; an error goes under `error`. */
export type LogFields = Readonly<Record<string, unknown>>;

interface Log {
  (message: string): void;
  (fields: LogFields, message: string): void;
}

/** What code below the command line uses for logging. */
export interface Logger {
  readonly debug: Log;
  readonly info: Log;
  readonly warn: Log;
  readonly error: Log;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Takes a line of JSON each. */
  readonly destination: DestinationStream;
}

const redacted = '[redacted]';

// The end of a key decides, so that `tokenExpiresAt` keeps its instant and `accessToken` loses its value.
const secretKey =
  /(token|password|secret|authorization|cookie|(subscriber|contact)_?key|email_?address)s?$/iu;
// The words of our own hints, `sftp://user[:password]@host`, say what is expected and are no credentials.
const urlCredentials = /([a-z][a-z0-9+.-]*:\/\/)(?!user(?::password|\[:password\])@)[^\s/@]+@/giu;
const bearer = /\b(bearer|basic)\s+[\w.~+/=-]{8,}/giu;

// Log fields are flat by convention; what lies deeper is an accident that should not cost time.
const depthMax = 6;

/** A logger whose lines hold no token, password, subscriber key or URL with credentials, whatever is logged. */
export async function createLogger(options: LoggerOptions): Promise<Logger> {
  // Loaded only where something is logged: help and short commands do without.
  const { pino } = await import('pino');
  const settings: PinoOptions = {
    level: options.level,
    base: null,
    errorKey: 'error',
    timestamp: pino.stdTimeFunctions.isoTime,
    // Errors are made plain and clean before pino sees them.
    serializers: { error: asIs, err: asIs },
    formatters: {
      level: (label) => ({ level: label }),
      log: (fields) => redactFields(fields, 0),
    },
    hooks: {
      logMethod(parts, method) {
        const [first, second] = parts;
        if (typeof first === 'string') method.call(this, redactText(first));
        else method.call(this, first, redactText(typeof second === 'string' ? second : ''));
      },
    },
  };
  return pino(settings, options.destination);
}

function asIs(value: unknown): unknown {
  return value;
}

/** Text without known secrets, credentials in URLs and authorization headers, and safe for a terminal. */
export function redactText(text: string): string {
  return printableText(hideSecrets(text))
    .replace(urlCredentials, `$1${redacted}@`)
    .replace(bearer, `$1 ${redacted}`);
}

function redactFields(fields: object, depth: number): Record<string, unknown> {
  const clean: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    clean[printableLine(key)] =
      secretKey.test(key) && value !== undefined ? redacted : redactValue(value, depth);
  }

  return clean;
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redactText(value);
  if (value instanceof Error) return errorFields(value, depth);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (depth >= depthMax) return '[deep]';
  if ('toJSON' in value && typeof value.toJSON === 'function') return redacted;
  if (Array.isArray(value)) return value.map((item) => redactValue(item, depth + 1));
  return redactFields(value, depth + 1);
}

/** Ours by code and context; anything else is a bug and keeps its stack. */
function errorFields(error: Error, depth: number): Record<string, unknown> {
  const cause =
    error.cause === undefined || depth >= depthMax ? undefined : redactValue(error.cause, depth + 1);
  const message = redactText(error.message);
  if (error instanceof PipelineError)
    return { code: error.code, message, ...redactFields(error.context, depth + 1), cause };

  return { name: printableLine(error.name), message, stack: redactText(error.stack ?? ''), cause };
}
