import pg from 'pg';
import { PipelineError, StoreUnavailableError } from '../../errors.ts';

interface Failure {
  /** Matches `code message`. */
  readonly pattern: RegExp;
  /** Replaces the error's own text if that does not help. */
  readonly reason?: string;
  readonly advice?: string;
}

/** What a server or a pooler says, by SQLSTATE. The first match counts, here and below. */
const refusals: readonly Failure[] = [
  { pattern: /^28P01/u, advice: 'user and password, with @ : / ? # % in them percent-encoded (@ is %40)' },
  { pattern: /^28000 .*no encryption/u, advice: 'the server wants TLS: sslmode=require' },
  {
    pattern: /^28000 .*no PostgreSQL user name/u,
    advice: 'the user’s name goes before the host, and an @ between them',
  },
  { pattern: /^28/u, advice: 'the server’s pg_hba.conf must allow this user, database and address' },
  { pattern: /^3D000/u, advice: 'the database is named after the last /; create it first' },
  {
    pattern: /^08P01 .*unsupported startup parameter/u,
    advice: 'this pooler refuses start-up options: leave options=… out, and PGOPTIONS unset',
  },
  { pattern: /^08P01 .*password|^08P01 .*auth/u, advice: 'user and password, as the pooler knows them' },
  { pattern: /^53300/u, advice: 'the server has no free connection' },
];

const certificateAdvice =
  'sslrootcert=/path/ca.crt names the authority’s certificate; sslmode=no-verify encrypts without checking';

/** What Node and the driver say. */
const failures: readonly Failure[] = [
  {
    pattern: /does not support SSL connections/u,
    reason: 'the server has TLS switched off',
    advice: 'sslmode=disable connects without encryption',
  },
  {
    pattern: /error establishing an SSL connection|WRONG_VERSION_NUMBER/u,
    reason: 'no Postgres server with TLS responds there',
    advice: 'is it the port of Postgres?',
  },
  {
    pattern: /SELF_SIGNED_CERT|UNABLE_TO_GET_ISSUER|UNABLE_TO_VERIFY|CERT_UNTRUSTED/u,
    reason: 'the server’s certificate is not signed by an authority that this machine knows',
    advice: certificateAdvice,
  },
  {
    pattern: /ALTNAME_INVALID/u,
    reason: 'the server’s certificate is for another host name',
    advice: 'use the name in the certificate as host; sslmode=no-verify encrypts without checking',
  },
  {
    pattern: /CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/u,
    reason: 'the server’s certificate has expired or is not valid yet',
    advice: 'is this machine’s clock right? sslmode=no-verify encrypts without checking',
  },
  {
    pattern: /password must be a/u,
    reason: 'the server wants a password and none is given',
    advice: 'it goes after the user’s name, and a : between them',
  },
  {
    pattern: /ECONNREFUSED/u,
    advice: 'nothing listens there: is Postgres running, and host and port right?',
  },
  { pattern: /ENOTFOUND|EAI_AGAIN/u, advice: 'DNS does not know this host' },
  { pattern: /EHOSTUNREACH|ENETUNREACH/u, advice: 'no route to this host' },
  {
    pattern: /ETIMEDOUT|timeout expired|connection timeout/u,
    advice: 'no response: host and port, firewall',
  },
  { pattern: /ECONNRESET|EPIPE|terminated|timeout exceeded|not queryable|Connection ended/u },
];

/** Texts that mean something else outside of connecting. */
const failuresWhileConnecting: readonly Failure[] = [
  {
    pattern: /EMFILE|ENFILE/u,
    reason: 'too many open files',
    advice: 'raise the limit of this process (ulimit -n 1024)',
  },
  {
    pattern: /ENOENT.*, open|EACCES.*, open|EISDIR|ERR_OSSL|KEY_VALUES_MISMATCH/u,
    advice: 'sslrootcert, sslcert and sslkey must name PEM files that this user can read',
  },
  { pattern: /ENOENT|EACCES/u, advice: 'the host is a folder: the server’s socket must be in it' },
  {
    pattern: /SASL|SCRAM/u,
    advice: 'user and password, with @ : / ? # % in them percent-encoded (@ is %40)',
  },
];

/** Recognizes an error that means that there is no connection to Postgres. Undefined for any other. */
export function connectionErrorFrom(error: Error): StoreUnavailableError | undefined {
  const failure = match(error, error instanceof pg.DatabaseError ? refusals : failures);
  return failure && unavailable(error, failure);
}

/** Converts any error from connecting: it is never a bug of ours, even if its text is unknown. */
export function connectingErrorFrom(error: unknown): PipelineError {
  if (error instanceof PipelineError) return error;
  const known = error instanceof Error ? error : new Error(String(error));
  return (
    connectionErrorFrom(known) ??
    unavailable(known, match(known, failuresWhileConnecting) ?? { pattern: /$/u })
  );
}

function match(error: Error, among: readonly Failure[]): Failure | undefined {
  const text = `${codeOf(error)} ${error.message}`;
  return among.find(({ pattern }) => pattern.test(text));
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : '';
}

function unavailable(error: Error, { reason, advice }: Failure): StoreUnavailableError {
  const isFromServer = error instanceof pg.DatabaseError;
  const text = reason ?? (error.message === '' ? codeOf(error) : error.message);
  return new StoreUnavailableError(
    `Postgres ${isFromServer ? 'refused the connection' : 'cannot be reached'}: ${text}`,
    { sqlState: isFromServer ? error.code : undefined, advice },
    { cause: error },
  );
}
