import { ConfigInvalidError, SourceUnreachableError, TransportError } from '../../errors.ts';
import type { SftpAddress } from './sftp-address.ts';

/** The key that the server showed, where it is not the pinned one. */
export interface ShownKey {
  fingerprint: string | undefined;
  type: string | undefined;
}

/** What a failure to connect is, in words that say what to do. */
export function failureOf(error: unknown, address: SftpAddress, shown: ShownKey): unknown {
  if (error instanceof ConfigInvalidError || error instanceof TransportError) return error;
  const where = `the SFTP server ${address.host}:${address.port}`;
  const { fingerprint, type } = shown;
  if (fingerprint !== undefined) {
    return new ConfigInvalidError(
      `${where} shows another key than SFTP_HOST_KEY: ${fingerprint} (${type ?? 'unknown type'}). Nothing was sent to it. Find out whether the key was changed before you set SFTP_HOST_KEY to it`,
    );
  }
  const text = error instanceof Error ? error.message : String(error);
  const level = error instanceof Error && 'level' in error ? error.level : undefined;
  if (level === 'client-authentication') {
    return new ConfigInvalidError(
      `${where} refuses the user ${address.username}: check the password in SFTP_URL or SFTP_PRIVATE_KEY, and whether the user may sign in by SFTP`,
    );
  }
  if (/privateKey|private key/iu.test(text)) {
    return new ConfigInvalidError(
      'SFTP_PRIVATE_KEY is not accepted: a private key without a passphrase, in PEM or OpenSSH form',
    );
  }
  if (/no matching host key/iu.test(text)) {
    return new ConfigInvalidError(
      `${where} has no key of the type that SFTP_HOST_KEY is of: pin one of its keys (ssh-keyscan ${address.host})`,
    );
  }
  return new SourceUnreachableError(`${where} cannot be reached (${text}): check SFTP_URL and the network`);
}

/** A connection that broke. */
export function lostError(error: Error): TransportError {
  return new TransportError(
    `the connection to the SFTP server broke (${error.message})`,
    {},
    { cause: error },
  );
}

/** An error of the disk on this machine stays what it is. */
export function stepError(error: unknown): unknown {
  if (error instanceof TransportError || !(error instanceof Error) || 'syscall' in error) return error;
  return new TransportError(`the SFTP server responded: ${error.message}`, {}, { cause: error });
}
