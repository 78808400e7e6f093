import { open } from 'node:fs/promises';
import path from 'node:path';
import ssh2, { type Client, type ConnectConfig, type SFTPWrapper, type Stats } from 'ssh2';
import { ConfigInvalidError } from '../../errors.ts';
import { fingerprintOf, type PinnedKey, typeOfKey } from './host-key.ts';
import type { SftpAddress } from './sftp-address.ts';
import { failureOf, lostError, type ShownKey, stepError } from './sftp-errors.ts';

export interface SftpOptions {
  readonly address: SftpAddress;
  readonly privateKey: string | undefined;
  readonly hostKey: PinnedKey;
}

export interface RemoteFile {
  readonly bytes: number;
  readonly modifiedMs: number;
}

/** One connection to the folder of extracts. */
export interface SftpSession {
  /** Undefined where the folder has no such file. */
  find(name: string): Promise<RemoteFile | undefined>;
  /** Writes the file to a path that only this user can read. */
  fetch(name: string, target: string): Promise<void>;
  /** One that is gone already is as good. */
  remove(name: string): Promise<void>;
  close(): void;
}

// Connecting takes well under a second; servers that are busy take some.
const readyTimeoutMs = 30_000;
// A connection whose other end vanished is noticed within a minute.
const keepaliveMs = 15_000;

/**
 * Connects, checks the server's key before anything is sent, signs in, and makes sure that the folder is there.
 *
 * @throws {ConfigInvalidError} when the key is another one, the sign-in is refused, or there is no such folder.
 * @throws {SourceUnreachableError} when nothing responds at the address.
 */
export async function openSftp(options: SftpOptions, signal: AbortSignal): Promise<SftpSession> {
  signal.throwIfAborted();
  const { address } = options;
  const client = new ssh2.Client();
  const close = () => client.destroy();
  const lost = Promise.withResolvers<never>();
  lost.promise.catch(() => undefined);
  const onAbort = () => {
    lost.reject(signal.reason);
    close();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  const end = () => {
    signal.removeEventListener('abort', onAbort);
    client.end();
    close();
  };
  const shown: ShownKey = { fingerprint: undefined, type: undefined };
  try {
    const ready = connect(client, connectConfig(options, shown));
    await Promise.race([ready, lost.promise]);
    client.on('error', (error) => lost.reject(lostError(error)));
    client.on('close', () => lost.reject(lostError(new Error('the server closed it'))));
    const within = <Result>(work: Promise<Result>) =>
      Promise.race([work, lost.promise]).catch((error: unknown) => {
        throw signal.aborted ? signal.reason : stepError(error);
      });
    const session = sessionOf(await within(openChannel(client)), address.folder, within, end);
    await checkFolder(session, address);
    return session;
  } catch (error) {
    end();
    throw signal.aborted ? signal.reason : failureOf(error, options.address, shown);
  }
}

function connectConfig({ address, privateKey, hostKey }: SftpOptions, shown: ShownKey): ConnectConfig {
  const { host, port, username, password } = address;
  const { type } = hostKey;
  return {
    ...{ host, port, username, readyTimeout: readyTimeoutMs, keepaliveInterval: keepaliveMs },
    ...(password === undefined ? {} : { password }),
    ...(privateKey === undefined ? {} : { privateKey }),
    // A server has keys of several types: the pinned one is requested.
    ...(type === undefined ? {} : { algorithms: { serverHostKey: signaturesOf(type) } }),
    hostVerifier: (key: Buffer) => {
      const fingerprint = fingerprintOf(key);
      if (fingerprint === hostKey.fingerprint) return true;
      shown.fingerprint = fingerprint;
      shown.type = typeOfKey(key);
      return false;
    },
  };
}

type KeyAlgorithm = NonNullable<NonNullable<ConnectConfig['algorithms']>['serverHostKey']>;

function signaturesOf(type: string): KeyAlgorithm {
  if (type === 'ssh-rsa') return ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'];
  const known = (
    ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521'] as const
  ).filter((name) => name === type);
  return known.length > 0 ? [...known] : ['ssh-ed25519'];
}

function connect(client: Client, config: ConnectConfig): Promise<void> {
  return new Promise((resolve, reject) => {
    client.once('ready', resolve);
    client.once('error', reject);
    client.once('close', () => reject(new Error('the server closed the connection')));
    // A private key that cannot be read throws here.
    client.connect(config);
  });
}

function openChannel(client: Client): Promise<SFTPWrapper> {
  return new Promise((resolve, reject) => {
    client.sftp((error, sftp) => {
      if (error === undefined) resolve(sftp);
      else reject(error);
    });
  });
}

function sessionOf(
  sftp: SFTPWrapper,
  folder: string,
  within: <Result>(work: Promise<Result>) => Promise<Result>,
  end: () => void,
): SftpSession {
  const placeOf = (name: string) => path.posix.join(folder, name);
  return {
    async find(name) {
      const found = await within(statOf(sftp, placeOf(name)));
      return found && { bytes: found.size, modifiedMs: found.mtime * 1000 };
    },
    async fetch(name, target) {
      // Made first: the transfer keeps the mode of a file that is there.
      await (await open(target, 'w', 0o600)).close();
      await within(settled((done) => sftp.fastGet(placeOf(name), target, done)));
    },
    async remove(name) {
      if ((await within(statOf(sftp, placeOf(name)))) === undefined) return;
      await within(settled((done) => sftp.unlink(placeOf(name), done)));
    },
    close: end,
  };
}

// SSH_FX_NO_SUCH_FILE; some servers say only that it failed.
const absentCodes = [2, 4];

function statOf(sftp: SFTPWrapper, place: string): Promise<Stats | undefined> {
  return new Promise((resolve, reject) => {
    sftp.stat(place, (error, stats) => {
      if (error === undefined) resolve(stats);
      else if ('code' in error && absentCodes.includes(Number(error.code))) resolve(undefined);
      else reject(error);
    });
  });
}

function settled(start: (done: (error?: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => {
      if (error === undefined || error === null) resolve();
      else reject(error);
    });
  });
}

async function checkFolder(session: SftpSession, { folder, host }: SftpAddress): Promise<void> {
  if ((await session.find('.')) !== undefined) return;
  throw new ConfigInvalidError(
    `the SFTP server ${host} has no folder ${folder}: SFTP_URL ends with the folder that extracts are moved to, sftp://user@host/Export`,
  );
}
