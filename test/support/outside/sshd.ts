import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { eventually } from '../clock.ts';
import { freePort, isListening } from './ports.ts';

export interface SshServer {
  /** The folder that plays Export, and a URL that leads to it. */
  readonly folder: string;
  readonly url: string;
  readonly port: number;
  readonly username: string;
  /** Keys as files' contents. */
  readonly privateKey: string;
  readonly hostKey: string;
  /** A path for further files of a test. */
  readonly home: string;
  /** What points the command line here. */
  readonly env: Readonly<Record<string, string>>;
  /** How often somebody signed in. */
  signIns(): number;
  stop(): Promise<void>;
}

/** The password of this user at a server that was started with one. */
export const rightPassword = 'right-password';

// What `crypt` makes of it, as the file of passwords has it.
const passwordHash =
  '$6$sfmctracking$febpdAc1/xA.xMWJWsoDCPv3S1i3fzGXNhCemnFusogiQnuCq/t/ty83ogcX19sptAdB8gHyaHwDIZjIlUdsv1';

/** Whether a server can be given a file of passwords of its own, by a mount that no other process sees: root may. */
export function canSetPassword(): boolean {
  const tried = spawnSync('unshare', ['--mount', 'mount', '--bind', '/etc/hostname', '/etc/hostname']);
  if (process.getuid?.() === 0 && tried.status === 0) return true;
  process.stderr.write('SKIPPED: sshd with a password needs root, and the right to mount\n');
  return false;
}

/**
 * A real OpenSSH server of this user on a free port of this machine, with keys of its own; with `hasPassword` this user has
 * `rightPassword` there, and nowhere else.
 */
export async function startSshd(program: string, { hasPassword = false } = {}): Promise<SshServer> {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'sfmc-tracking-sshd-'));
  const folder = path.join(home, 'Export');
  fs.mkdirSync(folder);
  const keygen = (name: string) =>
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', path.join(home, name)]);
  for (const name of ['host', 'user']) keygen(name);
  const read = (name: string) => fs.readFileSync(path.join(home, name), 'utf8');
  const port = await freePort();
  const config = path.join(home, 'sshd_config');
  fs.writeFileSync(config, configText(home, port));
  const command = [program, '-D', '-e', '-f', config];
  const [name = '', ...args] = hasPassword ? [...withPassword(home), ...command] : command;
  const child = spawn(name, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  await eventually('sshd', async () => (await isListening(port)) || isEnded(child, log));
  const { username } = os.userInfo();
  const url = `sftp://${encodeURIComponent(username)}@127.0.0.1:${port}${folder}`;
  const [privateKey, hostKey] = [read('user'), read('host.pub')];
  return {
    ...{ home, folder, url, port, username, privateKey, hostKey },
    env: { SFTP_URL: url, SFTP_PRIVATE_KEY: privateKey, SFTP_HOST_KEY: hostKey },
    signIns: () => log.split(/Accepted (?:publickey|password)/u).length - 1,
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      if (child.exitCode === null && child.signalCode === null) await ended;
      fs.rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Begins a command with a mount of its own over the file of passwords. */
function withPassword(home: string): string[] {
  const { username } = os.userInfo();
  const shadow = path.join(home, 'shadow');
  fs.writeFileSync(shadow, `${username}:${passwordHash}:19000:0:99999:7:::\n`, { mode: 0o600 });
  const script = 'mount --bind "$0" /etc/shadow && exec "$@"';
  return ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, shadow];
}

function configText(home: string, port: number): string {
  // As root, sshd wants the folder that its package makes at boot.
  if (process.getuid?.() === 0) fs.mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  return `ListenAddress 127.0.0.1
Port ${port}
HostKey ${path.join(home, 'host')}
AuthorizedKeysFile ${path.join(home, 'user.pub')}
PidFile none
UsePAM no
StrictModes no
PermitRootLogin yes
PasswordAuthentication yes
MaxStartups 100
Subsystem sftp internal-sftp
`;
}

function isEnded({ exitCode }: ChildProcess, log: string): false {
  if (exitCode === null) return false;
  throw new Error(`sshd ended: ${log}`);
}
