import { setting } from './declare-setting.ts';
import { oneOf, secret, text } from './setting-kinds.ts';

/** What Tracking Extracts need: where their files appear, and what is kept of them. */
export const extractSettings = {
  extractDetails: setting('EXTRACT_DETAILS', oneOf(['on', 'off']), {
    default: 'off',
    meaning:
      '`on`: `import` and `extract` also keep what only files have (device, place, IsUnique, reasons, complaints) in `tracking.extract_details`.',
  }),
  sftpUrl: setting(
    'SFTP_URL',
    secret('sftp://user[:password]@host[:port]/Export', /^sftp:\/\/[^/@\s]+@[^/@\s]+(\/\S*)?$/iu),
    {
      meaning:
        'Where Tracking Extracts appear: server, user and folder of the account’s SFTP, `sftp://user[:password]@host/Export`; `extract` and `reconcile --with-extract` read it.',
      mayBeFile: true,
    },
  ),
  sftpPrivateKey: setting(
    'SFTP_PRIVATE_KEY',
    secret('a private key without a passphrase, in PEM or OpenSSH form', /^-----BEGIN .+-----/su),
    {
      meaning: 'Private key of the SFTP user, instead of a password; its lines, or `SFTP_PRIVATE_KEY_FILE`.',
      mayBeFile: true,
    },
  ),
  sftpHostKey: setting(
    'SFTP_HOST_KEY',
    text(
      'the key of the SFTP server as ssh-keyscan prints it, or its fingerprint (SHA256:…)',
      /(^|\s)(SHA256:[A-Za-z0-9+/]{43}|(ssh|ecdsa)-[\w@.-]+\s+AAAA[A-Za-z0-9+/=]+)/u,
    ),
    {
      meaning:
        'Key of the SFTP server, required with `SFTP_URL`: a line of `ssh-keyscan`, a public key, or its fingerprint `SHA256:…`. A server with another key is refused.',
      mayBeFile: true,
    },
  ),
};
