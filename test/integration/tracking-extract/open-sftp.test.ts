import fs from 'node:fs';
import path from 'node:path';
import { closedPort } from '../../support/outside/ports.ts';
import { canSetPassword, rightPassword, type SshServer, startSshd } from '../../support/outside/sshd.ts';
import { findSystemProgram } from '../../support/outside/system-program.ts';
import { parseHostKey } from '../../../src/tracking-extract/sftp/host-key.ts';
import { openSftp, type SftpOptions } from '../../../src/tracking-extract/sftp/open-sftp.ts';
import { parseSftpUrl } from '../../../src/tracking-extract/sftp/sftp-address.ts';

const sshd = findSystemProgram('sshd');
const hasPasswords = sshd !== undefined && canSetPassword();
const describeWithSshd = sshd === undefined ? describe.skip : describe;

function optionsOf(env: Readonly<Record<string, string>>): SftpOptions {
  const address = parseSftpUrl(env['SFTP_URL'] ?? '');
  const hostKey = parseHostKey(env['SFTP_HOST_KEY'] ?? '');
  if (address === undefined || hostKey === undefined) throw new Error('no address or no key');
  return { address, hostKey, privateKey: env['SFTP_PRIVATE_KEY'] };
}

describeWithSshd('a session with an OpenSSH server', () => {
  const { signal } = new AbortController();
  let server: SshServer;

  beforeAll(async () => {
    server = await startSshd(sshd ?? '');
  });
  afterAll(() => server.stop());

  const options = (env: Readonly<Record<string, string>> = {}) => optionsOf({ ...server.env, ...env });

  it('finds a file, fetches it for this user alone, and removes it', async () => {
    const content = Buffer.alloc(300_000, 'line\n');
    fs.writeFileSync(path.join(server.folder, 'a b.zip'), content);
    const session = await openSftp(options(), signal);
    try {
      expect(await session.find('a b.zip')).toMatchObject({ bytes: 300_000 });
      expect(await session.find('other.zip')).toBeUndefined();
      const target = path.join(server.home, 'fetched');
      await session.fetch('a b.zip', target);
      expect(fs.readFileSync(target).equals(content)).toBe(true);
      expect(fs.statSync(target).mode & 0o777).toBe(0o600);
      await session.remove('a b.zip');
      await session.remove('a b.zip');
      expect(fs.readdirSync(server.folder)).toEqual([]);
    } finally {
      session.close();
    }
  });

  it('recognizes the key of the server by its fingerprint, its public key and a line of ssh-keyscan', async () => {
    const publicKey = server.hostKey.split(' ').slice(0, 2).join(' ');
    const fingerprint = parseHostKey(publicKey)?.fingerprint ?? '';
    for (const text of [publicKey, fingerprint, `127.0.0.1 ${publicKey}`])
      (await openSftp(options({ SFTP_HOST_KEY: text }), signal)).close();
    expect(parseHostKey('127.0.0.1')).toBeUndefined();
    expect(parseHostKey('ssh-ed25519 AAAA')).toBeUndefined();
  });

  it('refuses another key, another user, a password, a missing folder and a silent address, and says what to do', async () => {
    const other = `SHA256:${'a'.repeat(43)}`;
    const silent = server.url.replace(String(server.port), String(closedPort));
    const withPassword = server.url.replace('@', ':not-this-one@');
    const refusals: [Readonly<Record<string, string>>, RegExp][] = [
      [{ SFTP_HOST_KEY: other }, /shows another key than SFTP_HOST_KEY: SHA256:\S+ \(ssh-ed25519\)/u],
      [{ SFTP_URL: server.url.replace(server.username, 'nobody') }, /refuses the user nobody/u],
      [{ SFTP_URL: withPassword, SFTP_PRIVATE_KEY: '' }, /check the password in SFTP_URL/u],
      [{ SFTP_PRIVATE_KEY: 'no key' }, /SFTP_PRIVATE_KEY is not accepted/u],
      [{ SFTP_URL: `${server.url}/none` }, /has no folder .*\/none: SFTP_URL ends with the folder/u],
      [{ SFTP_URL: silent }, /cannot be reached .*check SFTP_URL/u],
    ];
    for (const [env, text] of refusals) {
      const failure = await openSftp(options(env), signal).catch((error: unknown) => error);
      expect(String(failure)).toMatch(text);
      expect(String(failure)).not.toContain('not-this-one');
    }
  });

  it('ends with the reason of its signal', async () => {
    const controller = new AbortController();
    const session = await openSftp(options(), controller.signal);
    controller.abort(new Error('told to stop'));
    await expect(session.find('a')).rejects.toThrow('told to stop');
    session.close();
  });
});

(hasPasswords ? describe : describe.skip)('a session with an OpenSSH server that knows a password', () => {
  it('begins with the password in SFTP_URL, encoded as in URLs or not, and with no other', async () => {
    const server = await startSshd(sshd ?? '', { hasPassword: true });
    try {
      const { signal } = new AbortController();
      const { SFTP_HOST_KEY = '' } = server.env;
      const open = async (password: string) => {
        const url = server.url.replace('@', `:${password}@`);
        const session = await openSftp(optionsOf({ SFTP_URL: url, SFTP_HOST_KEY }), signal);
        expect(await session.find('.')).toBeDefined();
        session.close();
      };
      for (const password of [rightPassword, rightPassword.replace('-', '%2D')]) await open(password);
      expect(server.signIns()).toBe(2);
      await expect(open('wrong-password')).rejects.toThrow('check the password in SFTP_URL');
      expect(server.signIns()).toBe(2);
    } finally {
      await server.stop();
    }
  });
});
