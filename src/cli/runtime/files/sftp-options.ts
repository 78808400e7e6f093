import type { Config } from '../../../config/config.ts';
import { ConfigInvalidError } from '../../../errors.ts';
import { rememberSecret } from '../../../known-secrets.ts';
import { parseHostKey } from '../../../tracking-extract/sftp/host-key.ts';
import type { SftpOptions } from '../../../tracking-extract/sftp/open-sftp.ts';
import { parseSftpUrl } from '../../../tracking-extract/sftp/sftp-address.ts';

/** The SFTP server of the settings. @throws {ConfigInvalidError} where they name none. */
export function sftpOptions({ sftpUrl, sftpPrivateKey, sftpHostKey }: Config): SftpOptions {
  const address = parseSftpUrl(sftpUrl?.reveal() ?? '');
  if (address === undefined)
    throw new ConfigInvalidError('SFTP_URL is not accepted: sftp://user[:password]@host[:port]/Export');
  if (address.password !== undefined) rememberSecret(address.password);
  const hostKey = parseHostKey(sftpHostKey ?? '');
  if (hostKey === undefined) {
    throw new ConfigInvalidError(
      `SFTP_HOST_KEY is not accepted: a line that \`ssh-keyscan ${address.host}\` prints, or a fingerprint SHA256:…`,
    );
  }
  // In an environment variable the lines of a key may stand on one.
  const privateKey = sftpPrivateKey?.reveal().replaceAll('\\n', '\n').concat('\n');
  return { address, privateKey, hostKey };
}
