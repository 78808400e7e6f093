import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { freePort, isListening } from '../outside/ports.ts';
import { eventually } from '../clock.ts';

export interface Pooler {
  /** The same database, through the pooler. */
  urlOf(databaseUrl: string): string;
  stop(): Promise<void>;
}

/** Starts PgBouncer in front of a server, with the settings of its package but for the pool mode. */
export async function startPgbouncer(
  program: string,
  serverUrl: string,
  poolMode: 'session' | 'transaction',
): Promise<Pooler> {
  const server = new URL(serverUrl);
  const port = await freePort();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sfmc-tracking-pgbouncer-'));
  const users = path.join(folder, 'users.txt');
  const config = path.join(folder, 'pgbouncer.ini');
  const [user, password] = [server.username, server.password].map((text) => decodeURIComponent(text));
  fs.writeFileSync(users, `"${user ?? ''}" "${password ?? ''}"\n`);
  fs.writeFileSync(
    config,
    `[databases]
* = host=${server.hostname} port=${server.port || '5432'}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = plain
auth_file = ${users}
pool_mode = ${poolMode}
`,
  );
  // PgBouncer does not run as root.
  const account = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};
  fs.chmodSync(folder, 0o755);
  const child = spawn(program, ['--quiet', config], { ...account, stdio: ['ignore', 'ignore', 'inherit'] });
  await eventually('PgBouncer', () => isListening(port));
  return {
    urlOf: (databaseUrl) => {
      const url = new URL(databaseUrl);
      url.host = `127.0.0.1:${port}`;
      return url.href;
    },
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The account without rights, on every Linux. */
const nobody = 65_534;
