import {
  ConfigInvalidError,
  PipelineError,
  SourceUnreachableError,
  StoreUnavailableError,
} from '../errors.ts';
import { redactText } from '../logger.ts';
import { storeErrorFrom } from '../store/connection/pool.ts';
import type { ExitCode, Output } from './context.ts';

/** Prints the error in as few lines as possible and returns its exit code. */
export function reportError(stderr: Output, thrown: unknown, databaseAddress: string | undefined): ExitCode {
  const error = withoutConnection(thrown);
  const known = explain(error, databaseAddress);
  if (known !== undefined) {
    stderr.write(`sfmc-tracking: ${redactText(known.message)}\n`);
    return known.exitCode;
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  stderr.write(
    `sfmc-tracking: this is a bug in sfmc-tracking; please report it with these lines:\n${redactText(stack)}\n`,
  );
  return 3;
}

/** A connection that breaks is no bug, whatever statement it meets. */
function withoutConnection(thrown: unknown): unknown {
  const error = storeErrorFrom(thrown);
  return error instanceof StoreUnavailableError ? error : thrown;
}

function explain(
  error: unknown,
  databaseAddress: string | undefined,
): { message: string; exitCode: ExitCode } | undefined {
  if (error instanceof ConfigInvalidError || error instanceof SourceUnreachableError)
    return { message: error.message, exitCode: 2 };
  if (error instanceof PipelineError) {
    const { code, message, context } = error;
    const isRightMissing = code === 'STORE_REJECTED' && context.sqlState === insufficientPrivilege;
    if (code === 'STORE_UNAVAILABLE' || isRightMissing) {
      if (databaseAddress === undefined) return { message, exitCode: 2 };
      const advice = context.advice === undefined ? '' : `: ${context.advice}`;
      const sentence = message.replace(/^Postgres/u, `the database at ${databaseAddress}`);
      return { message: `${sentence}; check DATABASE_URL${advice}`, exitCode: 2 };
    }
    return { message, exitCode: code === 'SOURCE_UNAVAILABLE' ? 4 : 3 };
  }
  return explainSystemError(error);
}

/** SQLSTATE of a statement for which the role lacks a right. */
const insufficientPrivilege = '42501';

/** Errors of the machine, such as a full disk, which no stack explains better. */
function explainSystemError(error: unknown): { message: string; exitCode: ExitCode } | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined;
  const advice = systemAdvice[String(error.code)];
  return advice === undefined ? undefined : { message: `${error.message}; ${advice}`, exitCode: 2 };
}

const systemAdvice: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file, and none can be made there',
  EACCES: 'this user has no right to it',
  EPERM: 'this user may not do that',
  EROFS: 'that file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  ENOTDIR: 'a part of that path is a file',
  EEXIST: 'a file of that name is there, where a folder is needed',
  EISDIR: 'that is a folder, where a file is needed',
  EADDRINUSE: 'another process listens there',
  EMFILE: 'raise the limit of open files (ulimit -n 1024)',
  ENFILE: 'this machine has too many open files',
};
