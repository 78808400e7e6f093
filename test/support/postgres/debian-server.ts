import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { freePort } from '../outside/ports.ts';
import { makeClusterFolder } from './cluster-folder.ts';

export interface DebianServer {
  readonly adminUrl: string;
  stop(): void;
}

const folderOfVersions = '/usr/lib/postgresql';

/** The programs of the newest Postgres that Debian's packages installed; undefined where there is none. */
export function findDebianPostgres(): string | undefined {
  const versions = fs.existsSync(folderOfVersions) ? fs.readdirSync(folderOfVersions) : [];
  const folders = versions
    .toSorted((one, other) => Number(other) - Number(one))
    .map((version) => path.join(folderOfVersions, version, 'bin'));
  return folders.find((folder) => fs.existsSync(path.join(folder, 'initdb')));
}

/** A server of its own, of the version whose pg_dump is installed beside it. */
export async function startDebianServer(programs: string): Promise<DebianServer> {
  const folder = makeClusterFolder();
  const isRoot = process.getuid?.() === 0;
  if (isRoot) execFileSync('chown', ['postgres', folder]);
  const data = path.join(folder, 'data');
  const run = (program: string, ...args: string[]): void => {
    const command = [path.join(programs, program), ...args];
    const [file = '', ...rest] = isRoot ? ['runuser', '-u', 'postgres', '--', ...command] : command;
    // The server keeps what it inherits open: its output goes to its log.
    execFileSync(file, rest, { cwd: folder, stdio: 'ignore' });
  };
  run('initdb', '--pgdata', data, '--username=postgres', '--auth=trust', '--no-sync', '--locale=C.UTF-8');
  const port = await freePort();
  const options = `-c port=${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off`;
  run('pg_ctl', 'start', '--pgdata', data, '--wait', '--log', path.join(folder, 'log'), '-o', options);
  return {
    adminUrl: `postgres://postgres@127.0.0.1:${port}/postgres`,
    stop: () => {
      run('pg_ctl', 'stop', '--pgdata', data, '--mode=immediate');
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}
