import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { eventually } from './clock.ts';
import { freePort } from './free-port.ts';

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

/** A real OpenSSH server of this user on a free port of this machine, with keys of its own. */
export async function startSshd(program: string): Promise<SshServer> {
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
  const child = spawn(program, ['-D', '-e', '-f', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  await eventually('sshd', async () => (await isListening(port)) || isEnded(child, log));
  const { username } = os.userInfo();
  const url = `sftp://${encodeURIComponent(username)}@127.0.0.1:${port}${folder}`;
  const [privateKey, hostKey] = [read('user'), read('host.pub')];
  return {
    ...{ home, folder, url, port, username, privateKey, hostKey },
    env: { SFTP_URL: url, SFTP_PRIVATE_KEY: privateKey, SFTP_HOST_KEY: hostKey },
    signIns: () => log.split('Accepted publickey').length - 1,
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      if (child.exitCode === null && child.signalCode === null) await ended;
      fs.rmSync(home, { recursive: true, force: true });
    },
  };
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

async function isListening(port: number): Promise<boolean> {
  const socket = net.connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
